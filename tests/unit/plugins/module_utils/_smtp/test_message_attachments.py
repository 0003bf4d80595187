# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attachments: what is found out about a file before anything is sent."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message_address import MessageError
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message_attachments import (
    checked_attachments,
    read,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("a.pdf", {}, ("a.pdf", "application/pdf")),
        ("a.txt", {"name": "b.csv"}, ("b.csv", "text/csv")),
        ("a", {}, ("a", "application/octet-stream")),
        ("a.tar.gz", {}, ("a.tar.gz", "application/gzip")),
        ("mail.eml", {}, ("mail.eml", "application/octet-stream")),
        ("a.log", {"content_type": "text/plain"}, ("a.log", "text/plain")),
        ("Übersicht.pdf", {}, ("Übersicht.pdf", "application/pdf")),
    ],
)
def test_names_and_types(tmp_path: Path, name: str, options: dict[str, Any], expected: tuple[str, str]) -> None:
    path = tmp_path / name
    path.write_bytes(b"12345")
    (found,) = checked_attachments([{"path": str(path), **options}])
    assert (found.name, found.content_type, found.size) == (*expected, 5)
    assert read(found) == b"12345"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"name": "setup.EXE"}, r"takes no file whose name ends in \.exe"),
        ({"name": "a/b"}, "not a name for"),
        ({"name": "a\r\nX: b"}, "not a name for"),
        ({"name": ""}, "not a name for"),
        ({"name": "x" * 256}, "not a name for"),
        ({"name": "😀" * 64}, "1 to 255 bytes"),
        ({"content_type": "pdf"}, "not a content type"),
        ({"content_type": "text/plain\r\nX: y"}, "not a content type"),
        ({"content_type": "message/rfc822"}, "cannot go as message/rfc822"),
        ({"path": "/does/not/exist"}, "does not exist on this host"),
        ({"path": "/"}, "is a directory"),
        ({"path": "/dev/null"}, "no regular file"),
        ({"path": "a\0b"}, "cannot be read"),
    ],
)
def test_refused(tmp_path: Path, options: dict[str, Any], reason: str) -> None:
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(MessageError, match=reason):
        checked_attachments([{"path": str(tmp_path / "a.txt"), **options}])


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(MessageError, match="no regular file"):
        checked_attachments([{"path": str(tmp_path / "pipe")}])


def test_all_at_once(tmp_path: Path) -> None:
    with pytest.raises(MessageError) as caught:
        checked_attachments([{"path": str(tmp_path / name)} for name in ("one", "two")])
    assert len(caught.value.shortfalls) == 2


def test_a_file_that_went_away_is_said_to_have(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x")
    (found,) = checked_attachments([{"path": str(path)}])
    path.unlink()
    with pytest.raises(MessageError, match=r"could not be read: No such file.*Nothing was sent"):
        read(found)
