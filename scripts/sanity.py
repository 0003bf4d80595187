# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-test sanity on a copy of the collection, without containers.

ansible-test bootstraps pip into its virtualenvs with a script that it downloads from a site of
its own. It takes one from its cache instead, so one that uses Python's ensurepip is put there.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

from checkout import CHECKOUT

HOME = CHECKOUT / ".cache/ansible-test"
SITE_PACKAGES = Path(sysconfig.get_path("purelib"))

# In a process of its own, as ensurepip turns the user's pip configuration off; quiet, as what it
# installs is nobody's concern.
GET_PIP = """\
import pathlib, runpy, subprocess, sys
pathlib.Path(sys.prefix, "pip.conf").write_text("[global]\\nquiet = 2\\n")
subprocess.run([sys.executable, "-m", "ensurepip"], check=True, stdout=subprocess.DEVNULL)
sys.argv[:] = ["pip", "install", *(a for a in sys.argv[1:] if a not in ("--no-setuptools", "--no-wheel"))]
runpy.run_module("pip", run_name="__main__")
"""
# Where pip looks for the user's configuration
PIP_CONFIGURATION = (".config/pip", ".pip")


def put_get_pip() -> None:
    """Fill ansible-test's cache for every version of pip that it may want."""
    source = (SITE_PACKAGES / "ansible_test/_internal/python_requirements.py").read_text()
    cache = HOME / ".ansible/test/cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in set(re.findall(r"""pip['"]?\s*[=:]\s*['"]([\d.]+)['"]""", source)):
        (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(GET_PIP)


def link_pip_configuration() -> None:
    """Keep a mirror or a certificate that the user's pip needs."""
    for name in PIP_CONFIGURATION:
        source, link = Path.home() / name, HOME / name
        if source.exists() and not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(source)


def main() -> int:
    put_get_pip()
    link_pip_configuration()
    tree = subprocess.run(
        [sys.executable, CHECKOUT / "scripts/tree.py"], check=True, capture_output=True, text=True
    ).stdout.strip()
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return subprocess.run(
        ["ansible-test", "sanity", "--color", "no", "--python", python, *sys.argv[1:]],
        cwd=tree,
        env={**os.environ, "HOME": str(HOME)},
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
