# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a managed host does, with nothing but its own Python: run by test_python_versions.py, never imported.

Arguments as JSON: root (what holds ansible_collections), ports, ca_path, username, password, wrong.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
from pathlib import Path

given = json.loads(sys.argv[1])
sys.path.insert(0, given["root"])
PACKAGE = "ansible_collections.cloudmail.ses.plugins.module_utils"
FOLDER = Path(given["root"], *PACKAGE.split("."))

options = {
    "region": None,
    "host": "localhost",
    "port": given["ports"]["good"],
    "encryption": "starttls",
    "username": given["username"],
    "password": given["password"],
    "passwords": None,
    "mail_from": "Root@bücher.example",
    "recipients": ["success@simulator.amazonses.com", "a@example.com"],
    "subject": "Grüße",
    "body": "Tschüß\n.\n",
    "html": "<p>Tschüß</p>",
    "attachments": [],
    "headers": {"X-One": "1"},
    "tags": {"from": "host"},
    "tenant": None,
    "source_arn": None,
    "configuration_set": "all",
    "stage": "send",
    "through": "ses",
    "probe": False,
    "ca_path": given["ca_path"],
    "timeout": 5.0,
    "retries": 1,
    "new_credential": False,
}


def module(name):
    return importlib.import_module(PACKAGE + "." + name)


def prove(**changes):
    report = module("_smtp.proof").prove({**options, **changes}, check_mode=changes.pop("check_mode", False))
    found = report.result["diagnosis"]
    return {
        "accepted": report.result["accepted"],
        "kind": found and found["kind"],
        "tls": report.result["tls"] and report.result["tls"]["verified"],
        "failure": report.failure,
    }


def main():
    for layer in ("_smtp", "_mta"):
        for path in (FOLDER / layer).glob("*.py"):
            module(layer + "." + path.stem)
    # They cannot be run without Ansible, but they have to be Python of this version.
    for name in ("ses_smtp_test", "mta_config"):
        path = FOLDER.parent / "modules" / (name + ".py")
        compile(path.read_text(encoding="utf-8"), str(path), "exec")
    descriptor, path = tempfile.mkstemp()
    with os.fdopen(descriptor, "wb") as file:
        file.write(bytes(range(256)))
    try:
        results = {
            "send": prove(attachments=[{"path": path, "name": "bytes.bin", "content_type": None}]),
            "company's authority": prove(port=given["ports"]["company"], ca_path=given["company_ca"]),
            "check mode": prove(check_mode=True),
            "wrong password": prove(password=given["wrong"]),
            "unknown authority": prove(ca_path=None),
            "expired": prove(port=given["ports"]["expired"]),
            "silent": prove(port=given["ports"]["silent"], timeout=0.5),
            "refused": prove(port=given["ports"]["nobody"]),
            "plain": prove(encryption="tls"),
        }
    finally:
        os.unlink(path)
    doors = module("_smtp.probe").probe_doors(
        "localhost", ports=(given["ports"]["good"], given["ports"]["nobody"]), ca_path=given["ca_path"], timeout=5.0
    )
    results["doors"] = doors.as_dict()["recommended"]
    results["version"] = list(sys.version_info[:2])
    print(json.dumps(results))


main()
