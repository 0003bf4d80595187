# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The message of a test, read back with Python's parser."""

from __future__ import annotations

import email
import email.policy
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import message as message_of_a_test
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message import Content, check, compose
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message_address import MessageError
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message_attachments import Attachment
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.message_mime import as_bytes, encoded_size, file_part

if TYPE_CHECKING:
    from pathlib import Path


def content(**options: Any) -> Content:
    values: dict[str, Any] = {
        "sender": "a@example.com",
        "recipients": ("b@example.net", "c@example.net"),
        "subject": "Test",
        "body": "First\nSecond\n",
    }
    return Content(**{**values, **options})


def composed(**options: Any) -> tuple[str, Any]:
    wanted = content(**options)
    check(wanted)
    message_id, data = compose(wanted)
    assert data.replace(b"\r\n", b"").count(b"\n") == 0
    assert max(map(len, data.split(b"\r\n"))) <= 998
    # RFC 5321, section 4.1.1.4: no control characters.
    assert set(data) <= {*b"\t\r\n", *range(32, 127)}
    return message_id, email.message_from_bytes(data, policy=email.policy.default)


def test_the_usual_headers() -> None:
    message_id, message = composed()
    assert message["From"] == "a@example.com"
    assert message["To"] == "b@example.net, c@example.net"
    assert message["Subject"] == "Test"
    assert message["Message-ID"] == message_id and message_id.endswith("@example.com>")
    assert message["Date"].datetime is not None
    assert message.get_content().replace("\r\n", "\n") == "First\nSecond\n"
    assert message_id != composed()[0]


def test_a_given_header_replaces_ours() -> None:
    headers = {"from": "Ops <ops@example.com>", "MESSAGE-ID": "<x@example.com>", "X-A": "1"}
    message_id, message = composed(headers=headers)
    assert message.get_all("From") == ["Ops <ops@example.com>"]
    assert message.get_all("Message-ID") == ["<x@example.com>"] and message_id == "<x@example.com>"
    assert message["X-A"] == "1"


def test_without_a_sender_the_mta_writes_from() -> None:
    assert composed(sender="")[1]["From"] is None


@pytest.mark.parametrize("body", ["Grüße\n", "x" * 2000 + "\n", "From here\n.\n", "a\x00b\x1b\n", "", "no end"])
def test_bodies_survive(body: str) -> None:
    _id, message = composed(subject="Grüße aus Köln", body=body)
    assert message["Subject"] == "Grüße aus Köln"
    assert message.get_content().replace("\r\n", "\n") == body
    assert all(len(line) <= 998 for line in message.as_string().splitlines())


@pytest.mark.parametrize(
    ("options", "reasons"),
    [
        ({"headers": {"X-A": "1\r\nBcc: x@example.org"}}, ["line break"]),
        ({"subject": "a\nBcc: x@example.org"}, ["Subject has a line break"]),
        ({"subject": "a\udcff"}, ["Subject has bytes that are not UTF-8"]),
        ({"body": "a\udcff"}, ["body has bytes that are not UTF-8"]),
        ({"html": "a\udcff", "headers": {"X A": "1"}}, ["html has bytes", "not the name of a header"]),
    ],
)
def test_refused(options: dict[str, Any], reasons: list[str]) -> None:
    with pytest.raises(MessageError) as caught:
        composed(**options)
    assert len(caught.value.shortfalls) == len(reasons)
    for reason in reasons:
        assert reason in str(caught.value)


def test_the_headers_for_ses() -> None:
    _id, message = composed(ses_headers={"X-SES-CONFIGURATION-SET": "fleet", "X-SES-MESSAGE-TAGS": "a=b, c=d"})
    assert message["X-SES-CONFIGURATION-SET"] == "fleet"
    assert message["X-SES-MESSAGE-TAGS"] == "a=b, c=d"


def test_text_and_html_are_alternatives() -> None:
    _id, message = composed(body="Grüße\n", html="<p>Grüße</p>")
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert [part.get_content().strip() for part in message.iter_parts()] == ["Grüße", "<p>Grüße</p>"]


@pytest.mark.parametrize("html", [None, "<p>x</p>"])
@pytest.mark.parametrize(
    "name", ["plain.bin", 'with "quotes" and \\.bin', "Übersicht für 😀.bin", "word " * 50 + ".bin", "😀" * 62 + ".bin"]
)
def test_attachments_arrive_to_the_byte(tmp_path: Path, html: str | None, name: str) -> None:
    data = bytes(range(256)) * 40 + b"\r\n.\r\n"
    (tmp_path / "file").write_bytes(data)
    (tmp_path / "empty").touch()
    attachments = (
        Attachment(str(tmp_path / "file"), name, "application/octet-stream", len(data)),
        Attachment(str(tmp_path / "empty"), "empty.txt", "text/plain", 0),
    )
    _id, message = composed(html=html, attachments=attachments)
    assert message.get_content_type() == "multipart/mixed"
    assert message.get_body(("plain",)).get_content().split() == ["First", "Second"]
    assert (message.get_body(("html",)) is not None) == (html is not None)
    first, second = message.iter_attachments()
    assert (first.get_filename(), first.get_content()) == (name, data)
    assert (second.get_filename(), second.get_content_type(), second.get_content()) == ("empty.txt", "text/plain", "")


@pytest.mark.parametrize("size", [0, 1, 56, 57, 58, 1000, 76 * 3 + 1])
def test_the_size_in_base64_is_known_beforehand(size: int) -> None:
    with_it, without = (as_bytes(file_part("a", "a/b", data)) for data in (b"x" * size, b""))
    assert len(with_it) - len(without) == encoded_size(size)


def test_a_message_too_large_is_refused_without_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        # Takes no room on the disk, and no memory unless it is read.
        file.truncate(1 << 40)
    attachment = Attachment(str(path), "large", "a/b", 1 << 40)
    with pytest.raises(
        MessageError, match=r"has 1,504,594,8\d\d,\d{3} bytes .* at most 41,943,040 \(40 MB\).*37 %.*large has"
    ):
        composed(attachments=(attachment,))


def test_the_limit_is_that_of_the_wire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.touch()
    # Message-IDs are not all of one length.
    headers = {"Message-ID": "<a@example.com>"}
    empty = content(attachments=(Attachment(str(path), "a", "a/b", 0),), headers=headers)
    frame = len(compose(empty)[1])
    path.write_bytes(b"x" * 100_000)
    monkeypatch.setattr(message_of_a_test, "MAX_BYTES", frame + encoded_size(100_000))
    assert len(compose(empty)[1]) == frame + encoded_size(100_000)
    # It has grown since it was looked at.
    path.write_bytes(b"x" * 100_004)
    with pytest.raises(MessageError, match="bytes as it goes over the wire"):
        compose(empty)


@pytest.mark.parametrize("html", [None, "<p>x</p>"])
@pytest.mark.parametrize("count", [0, 1, 7])
def test_the_size_is_known_before_a_file_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, count: int, html: str | None
) -> None:
    (tmp_path / "a").write_bytes(b"x" * 12_345)
    one = Attachment(str(tmp_path / "a"), "Übersicht.bin", "application/octet-stream", 12_345)
    wanted = content(body="Grüße\n" * 99, html=html, attachments=(one,) * count)
    size = max(len(compose(wanted)[1]) for _time in range(20))
    monkeypatch.setattr(message_of_a_test, "MAX_BYTES", size - 21)
    with pytest.raises(MessageError, match="bytes as it goes over the wire"):
        check(wanted)
    monkeypatch.setattr(message_of_a_test, "MAX_BYTES", size + 40)
    check(wanted)


def test_too_many_parts() -> None:
    some = tuple(Attachment("/a", "a", "a/b", 1) for _number in range(499))
    with pytest.raises(MessageError, match="499 attachments make 501 MIME parts, and SES takes at most 500"):
        check(content(attachments=some))
    check(content(attachments=some[:498]))
