# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs modules, each in a fork of this process: importing boto3 and amazon.aws takes longer than most of them.

One line of JSON in, with ``module``, ``input``, ``environment`` and ``pace``; one out, with ``rc``, ``stdout``, ``stderr``.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import runpy
import signal
import sys
import tempfile
import time
import traceback
from typing import Any

#: What takes long to import, and stays imported in the forks.
_SLOW = ("boto3", "ansible_collections.amazon.aws.plugins.module_utils.modules")
#: Seconds after which a module that hangs is ended.
_PATIENCE = 90


def _child(order: dict[str, Any], files: list[int]) -> int:
    for number, file in enumerate(files):
        os.dup2(file, number)
    signal.alarm(_PATIENCE)
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), encoding="utf-8")
    os.environ.clear()
    os.environ.update(order["environment"])
    if order["pace"] != 1:
        sleep = time.sleep
        time.sleep = lambda seconds: sleep(seconds * order["pace"])
    try:
        runpy.run_module(order["module"], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _run(order: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(order["input"].encode())
        given.seek(0)
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                code = _child(order, [given.fileno(), out.fileno(), err.fileno()])
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(code)
        _pid, status = os.waitpid(pid, 0)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
    return {"rc": os.waitstatus_to_exitcode(status), "stdout": texts[0], "stderr": texts[1]}


if __name__ == "__main__":
    for name in _SLOW:
        importlib.import_module(name)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_run(json.loads(line))) + "\n")
        sys.stdout.flush()
