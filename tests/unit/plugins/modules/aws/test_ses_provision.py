# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook provision as users run it, against the simulator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

PLAYBOOK = Path(__file__).resolve().parents[5] / "playbooks" / "provision.yml"
COLLECTIONS = os.pathsep.join(path for path in sys.path if path and Path(path, "ansible_collections").is_dir())
DOMAIN = "provision.example"
VARIABLES = {
    "ses_provision_domain": DOMAIN,
    "ses_provision_regions": ["eu-west-1", "us-east-1"],
    "ses_provision_mail_from_subdomain": "bounce",
}


def provision(aws: Any, *options: str, **variables: Any) -> tuple[int, str]:
    """Run the playbook; return its return code and what it said."""
    command = [str(Path(sys.executable).with_name("ansible-playbook")), str(PLAYBOOK), *options]
    settings = {"ANSIBLE_COLLECTIONS_PATH": COLLECTIONS, "ANSIBLE_LOCALHOST_WARNING": "0", "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(
        [*command, "-e", json.dumps({**VARIABLES, **variables})],
        env={**aws.environment, **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    return done.returncode, done.stdout + done.stderr


def test_from_nothing_to_ready(aws: Any) -> None:
    code, text = provision(aws, "--check", "--diff")
    assert (code, [call for call in aws.calls() if call[1]]) == (0, []), text
    assert "Check mode: nothing was made." in text

    code, text = provision(aws)
    assert code == 0, text
    assert f"Not ready: mail for {DOMAIN} waits for DNS." in text
    assert text.count("CNAME") == 6
    # One MX record for one MAIL FROM domain: more than one, and SES refuses it.
    assert f"bounce.{DOMAIN} " in text
    assert f"bounce-us-east-1.{DOMAIN} " in text
    assert "ask AWS to leave the sandbox" in text

    for region in ("eu-west-1", "us-east-1"):
        aws.control("POST", "identities", {"region": region, "identity": DOMAIN, "status": "verified"})
        aws.control("POST", "account", {"region": region, "production_access": True})
    aws.calls()
    code, text = provision(aws)
    assert code == 0, text
    assert f"Ready: {DOMAIN} can send from eu-west-1, us-east-1." in text
    assert "changed=0" in text
    assert Counter(aws.calls()) == {
        ("GetEmailIdentity", False): 2,
        ("GetAccount", False): 2,
        ("GetUser", False): 1,
        ("GetUserPolicy", False): 1,
        ("ListAccessKeys", False): 1,
        ("GetSecretValue", False): 1,
    }


def test_what_is_missing_is_said_first(aws: Any) -> None:
    code, text = provision(aws, ses_provision_domain="")
    assert (code, aws.calls()) == (2, [])
    assert "Set ses_provision_domain" in text
    code, text = provision(aws, ses_provision_mail_from_domain=f"b.{DOMAIN}")
    assert (code, aws.calls()) == (2, [])
    assert "Set ses_provision_mail_from_subdomain instead" in " ".join(text.split())
