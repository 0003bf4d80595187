# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that go with a message: looked at before anything is sent, read as late as possible."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from typing import Any

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message_address import MessageError
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.shortfalls import Shortfalls

_CONTENT_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*", re.IGNORECASE)
_ANYTHING = "application/octet-stream"
_LONGEST_NAME = 255

#: SES developer guide, "Amazon SES unsupported attachment types".
_REFUSED = """
    ade adp app asp bas bat cer chm cmd com cpl crt csh der exe fxp gadget hlp hta inf ins isp its js jse ksh lib lnk mad
    maf mag mam maq mar mas mat mau mav maw mda mdb mde mdt mdw mdz msc msh msh1 msh2 mshxml msh1xml msh2xml msi msp mst
    ops pcd pif plg prf prg reg scf scr sct shb shs sys ps1 ps1xml ps2 ps2xml psc1 psc2 tmp url vb vbe vbs vps vsmacros
    vss vst vsw vxd ws wsc wsf wsh xnk
"""
REFUSED_EXTENSIONS = frozenset(_REFUSED.split())


@dataclass(frozen=True)
class Attachment:
    """A file of this host, as a message names it; ``size`` in bytes."""

    path: str
    name: str
    content_type: str
    size: int


def checked_attachments(wanted: list[dict[str, Any]]) -> tuple[Attachment, ...]:
    """Return the files of ``wanted`` (path, name, content_type); raise MessageError with all that cannot be attached."""
    findings = Shortfalls(MessageError)
    found = [findings.check(_checked, one) for one in wanted]
    if findings.found:
        raise MessageError(*findings.found)
    return tuple(found)


def read(attachment: Attachment) -> bytes:
    """Return a file's content; raise MessageError when it cannot be read any more."""
    try:
        with open(attachment.path, "rb") as file:
            return file.read()
    except OSError as exc:
        raise MessageError(
            f"attachments: {attachment.path} could not be read: {exc.strerror}. Nothing was sent."
        ) from exc


def _checked(wanted: dict[str, Any]) -> Attachment:
    path = wanted["path"]
    name = os.path.basename(path) if wanted.get("name") is None else wanted["name"]
    size = _size_of_readable(path)
    if not name.isprintable() or "/" in name or not 1 <= len(name.encode("utf-8")) <= _LONGEST_NAME:
        raise MessageError(
            f"attachments: {name!r} is not a name for {path}: 1 to {_LONGEST_NAME} bytes of printable characters "
            "without a slash."
        )
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if extension in REFUSED_EXTENSIONS:
        raise MessageError(
            f"attachments: SES takes no file whose name ends in .{extension}, as {name} does (the developer guide has the "
            "list of unsupported attachment types). Pack it into an archive, or give another name."
        )
    return Attachment(path=path, name=name, content_type=_content_type(name, wanted.get("content_type")), size=size)


def _size_of_readable(path: str) -> int:
    """Return a file's size; looked at before it is opened, because opening a pipe would wait."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            kind = "a directory" if stat.S_ISDIR(status.st_mode) else "no regular file"
            raise MessageError(f"attachments: {path} is {kind}. Give the path of a file on this host.")
        with open(path, "rb"):
            return status.st_size
    except FileNotFoundError:
        raise MessageError(
            f"attachments: {path} does not exist on this host. Give a path here, or copy the file from the controller first."
        ) from None
    except (OSError, ValueError) as exc:
        if isinstance(exc, MessageError):
            raise
        reason = exc.strerror if isinstance(exc, OSError) else str(exc)
        raise MessageError(f"attachments: {path!r} cannot be read: {reason}. Run as a user who may (become).") from None


def _content_type(name: str, given: str | None) -> str:
    if given is not None:
        if not _CONTENT_TYPE.fullmatch(given):
            raise MessageError(
                f"attachments: {given!r} is not a content type of {name}. Write one such as application/pdf."
            )
        # RFC 2046, section 5: these must not be in base64.
        if given.lower().startswith(("multipart/", "message/")):
            raise MessageError(
                f"attachments: {name} cannot go as {given}, which no file in base64 is. Use {_ANYTHING}."
            )
        return given
    from mimetypes import guess_type

    guessed, compressed = guess_type(name)
    if compressed:
        return {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}.get(
            compressed, _ANYTHING
        )
    return guessed if guessed and not guessed.startswith(("multipart/", "message/")) else _ANYTHING
