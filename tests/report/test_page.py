# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page in a real browser: as a file, without a network, on a phone, in the dark, on paper, without scripts."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fleets
import pytest
from browser import Browser, chromium

from ansible_collections.cloudmail.ses.plugins.filter.verify_report import verify_report

NAMES = ("mixed", "large", "one", "check_mode")
#: WCAG 2, level AA
CONTRAST = 4.5


def render(hostvars: dict[str, Any], **options: Any) -> str:
    active = [name for name in hostvars if name not in fleets.lost()]
    wanted = {"made": fleets.MADE, "path": "report.html", "files": True}
    return str(verify_report(hostvars, list(hostvars), active, **wanted, **options)["files"][0]["content"])


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    mixed = fleets.mixed()
    mixed["web1.example.com"].update(fleets.account())
    stopped = fleets.variables(fleets.accepted(accepted=False, message_id=None, stage="envelope"))
    texts = {
        "mixed": render(mixed),
        "large": render(fleets.large()),
        "one": render({"web1": fleets.good()}),
        "check_mode": render({"web1": stopped}, check_mode=True),
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def browser(started: Browser) -> Browser:
    started.scripts(True)
    started.dark(False)
    started.size(1280, 900)
    return started


@pytest.mark.parametrize("name", NAMES)
def test_it_asks_for_nothing_and_logs_nothing(browser: Browser, pages: dict[str, Path], name: str) -> None:
    browser.open(pages[name])
    assert browser.requests() == [pages[name].as_uri()]
    assert browser.console() == []


def test_what_a_server_said_stays_text(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["mixed"])
    assert browser.run("return document.title").startswith("Mail through Amazon SES")
    assert browser.run("return document.querySelectorAll('script, img, iframe, b').length") == 1, "our script alone"
    said = [text for text in browser.texts(".cause code") if "<script>" in text]
    assert said == [
        "554 Transaction failed: <script>document.title='owned'</script><img src=x onerror=alert(1)>\" ' & ��"
    ]
    assert "<b>bold</b>" in "".join(browser.texts("tbody th"))


def test_our_policy_stops_a_script_that_got_in(browser: Browser, pages: dict[str, Path], tmp_path: Path) -> None:
    text = pages["one"].read_text(encoding="utf-8")
    spoilt = tmp_path / "spoilt.html"
    inserted = "<script>document.title='owned'</script><img src='https://example.com/x.png' onerror=\"document.title='owned'\">"
    spoilt.write_text(text.replace("<main>", f"<main>{inserted}"), encoding="utf-8")
    browser.open(spoilt)
    assert browser.run("return document.title") != "owned"
    assert any("Content Security Policy" in line for line in browser.console())


def test_failures_come_first(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["mixed"])
    states = browser.run("return Array.from(document.querySelectorAll('tbody[data-state]')).map(e => e.dataset.state)")
    order = ["failed", "unreachable", "untested", "waiting", "warning", "passed"]
    assert states == sorted(states, key=order.index)
    assert set(states) == set(order)
    headings = browser.texts("h2")
    assert headings == ["What is wrong, and what to do", "Hosts", "Latencies", "Account"]


def test_a_row_tells_how_far_a_host_came(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["mixed"])
    rows = dict(zip(browser.texts(".hosts tbody th"), browser.texts(".hosts tbody tr:first-child")))
    row = next(text for name, text in rows.items() if name.startswith("db1"))
    assert re.sub(r"\s+", " ", row) == (
        "db1.example.com cannot send ✓ 5 ms ✓ 587 open ✓ TLSv1.3, verified ✓ 159 days left "
        "✗ failed: 535 credentials ✓ example.com verified ✓ 48,766 of 50,000 left ✗ failed: 535 credentials ✓ postfix, 710 ms"
    )


def test_the_same_cause_is_told_once_with_all_its_hosts(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["large"])
    causes = browser.texts(".cause h3")
    assert len(causes) == 3
    assert causes[0].startswith("26 hosts") and "SES does not know this pair" in causes[0]


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
@pytest.mark.parametrize("name", NAMES)
def test_it_fits_any_width(browser: Browser, pages: dict[str, Path], name: str, width: int) -> None:
    browser.size(width, 780, mobile=width < 800)
    browser.open(pages[name])
    # A phone makes a page that is too wide smaller, which the width of the window would tell.
    assert browser.run("return [document.documentElement.scrollWidth, window.innerWidth]") == [width, width]


def test_on_a_phone_a_cell_says_which_check_it_is(browser: Browser, pages: dict[str, Path]) -> None:
    browser.size(360, 780, mobile=True)
    browser.open(pages["mixed"])
    shown = browser.run(
        "const cell = document.querySelector('.hosts td'); return [getComputedStyle(cell).display,"
        " getComputedStyle(cell, '::before').content]"
    )
    assert shown == ["grid", '"Name"']
    # No text is pressed into a column of letters.
    thin = (
        "return Array.from(document.querySelectorAll('caption, td, th, p, dd, li'))"
        ".filter(e => !e.closest('thead') && e.offsetHeight > 8 * e.offsetWidth).length"
    )
    assert browser.run(thin) == 0


#: Words of headers, captions and cells that stand on more than one line; a host's name alone may be that long.
BROKEN_WORDS = """
const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode;
  if (!node.parentElement.closest("thead th, td, dt, h1, h2, h3") || node.parentElement.closest("details, .away")) { continue; }
  // On a phone, cells name their check, and the head is for the ear alone.
  if (node.parentElement.closest("thead")?.offsetWidth === 1) { continue; }
  for (const word of node.textContent.matchAll(/[A-Za-z]+/g)) {
    const range = document.createRange();
    range.setStart(node, word.index); range.setEnd(node, word.index + word[0].length);
    if (new Set(Array.from(range.getClientRects()).map(r => Math.round(r.top))).size > 1) { found.push(word[0]); }
  }
}
return found;
"""


@pytest.mark.parametrize("width", [320, 360, 900, 1280])
def test_words_stay_whole(browser: Browser, pages: dict[str, Path], width: int) -> None:
    browser.size(width, 780, mobile=width < 800)
    browser.open(pages["mixed"])
    assert browser.run(BROKEN_WORDS) == []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", ["mixed", "large"])
def test_every_text_is_readable_on_its_ground(browser: Browser, pages: dict[str, Path], name: str, dark: bool) -> None:
    browser.dark(dark)
    browser.open(pages[name])
    ground = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(18, 22, 29)") is dark
    lowest = browser.lowest_contrasts()
    assert lowest and lowest[0][0] >= CONTRAST, lowest


def test_latencies_are_bars_for_some_hosts_and_dots_for_many(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["one"])
    assert browser.run(
        "return [document.querySelectorAll('section svg rect').length, document.querySelectorAll('circle').length]"
    ) == [
        12,
        0,
    ], "six stages, and six in the legend"
    browser.open(pages["large"])
    assert browser.run("return document.querySelectorAll('circle').length") > 500
    tall = browser.run("return Math.max(...Array.from(document.querySelectorAll('svg')).map(e => e.clientHeight))")
    assert tall < 600
    # Texts keep their size, whatever the width is.
    sizes = set()
    for width in (360, 1280):
        browser.size(width, 780, mobile=width < 800)
        browser.open(pages["large"])
        sizes.add(browser.run("return Math.round(document.querySelector('svg text').getBoundingClientRect().height)"))
    assert len(sizes) == 1


def test_the_filter_shows_what_is_looked_for(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["large"])
    shown = "return Array.from(document.querySelectorAll('tbody[data-state]')).filter(e => e.offsetHeight).length"
    assert browser.run(shown) == 500
    browser.run(
        "const field = document.querySelector('#tools input');"
        "field.value = '535 web0'; field.dispatchEvent(new Event('input'))"
    )
    found = browser.run(shown)
    assert 0 < found < 26
    assert browser.texts("#tools span") == [f"{found} of 500 hosts shown"]
    browser.run("const f = document.querySelector('#tools input'); f.value = ''; f.dispatchEvent(new Event('input'))")
    browser.run("document.querySelector('#tools input[type=checkbox]').click()")
    assert browser.run(shown) == 44


def test_it_needs_no_script(browser: Browser, pages: dict[str, Path]) -> None:
    browser.scripts(False)
    browser.open(pages["mixed"])
    browser.scripts(True)
    assert browser.run("return document.querySelectorAll('#tools *').length") == 0
    assert len(browser.texts(".hosts tbody th")) == 14
    assert all(browser.texts(".hosts tbody th"))
    # Details open without one.
    assert (
        browser.run("const d = document.querySelector('.hosts details'); d.open = true; return d.innerText.length") > 60
    )


def test_it_can_be_printed(browser: Browser, pages: dict[str, Path]) -> None:
    browser.dark(True)
    browser.open(pages["mixed"])
    paper = browser.pdf()
    assert paper.startswith(b"%PDF-") and len(re.findall(rb"/Type\s*/Page\b", paper)) >= 2
    streams = [part.split(b"endstream")[0].strip(b"\r\n") for part in paper.split(b"stream")[1::2]]
    drawn = b"".join(_inflate(stream) for stream in streams)
    assert drawn.count(b"Tj") + drawn.count(b"TJ") > 200, "texts"
    # Dark paper costs ink: nothing fills the page with the dark ground.
    assert b".07059 .08627" not in drawn


def _inflate(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


def test_it_is_made_for_all_who_read(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["mixed"])
    assert browser.run("return document.documentElement.lang") == "en"
    unnamed = "return Array.from(document.querySelectorAll('th')).filter(e => !e.scope).length"
    assert browser.run(unnamed) == 0
    assert browser.run("return document.querySelectorAll('svg[role=img][aria-label] > title').length") >= 1
    # What a colour and a mark say, a word says too.
    words = browser.run(
        "return Array.from(document.querySelectorAll('td.c-failed, td.c-warning')).every(e => /(failed|warning): /.test(e.textContent))"
    )
    assert words is True


def test_check_mode_says_that_nothing_was_sent(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["check_mode"])
    assert "nothing was sent" in browser.texts("header")[0]
    assert "stopped after the envelope" in browser.texts(".hosts")[0]
