# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The system's Chromium, without a window, and what it tells of a page."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
#: The contrast of each text with what is behind it, as WCAG 2 counts it; the lowest first
_CONTRAST = """
function channels(text) { return text.match(/[\\d.]+/g).map(Number); }
function light(c) {
  const [r, g, b] = c.slice(0, 3).map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function behind(e) {
  for (; e; e = e.parentElement) {
    const c = channels(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] > 0) { return c; }
  }
  return [255, 255, 255];
}
const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode, e = node.parentElement;
  if (!node.textContent.trim() || ["SCRIPT", "TITLE", "title", "desc"].includes(e.tagName)) { continue; }
  const style = getComputedStyle(e), svg = e.closest("svg");
  const a = light(channels(svg ? style.fill : style.color)), b = light(behind(e));
  found.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), node.textContent.trim().slice(0, 40)]);
}
return found.sort((x, y) => x[0] - y[0]).slice(0, 5);
"""


class Browser:
    """A browser that has a page open."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self._driver = driver

    def open(self, file: Path) -> None:
        """Open a file; what it logs and asks for is counted from here."""
        self._driver.get_log("performance")
        self._driver.get_log("browser")
        self._driver.get(file.as_uri())

    def requests(self) -> list[str]:
        """Return the addresses that the page has asked for, its own among them."""
        entries = [json.loads(entry["message"])["message"] for entry in self._driver.get_log("performance")]
        sent = [entry["params"] for entry in entries if entry["method"] == "Network.requestWillBeSent"]
        return [one["request"]["url"] for one in sent]

    def console(self) -> list[str]:
        """Return what stands in the console: errors, warnings, and what the policy has blocked."""
        return [entry["message"] for entry in self._driver.get_log("browser")]

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a script in the page and return its result."""
        return self._driver.execute_script(script, *arguments)

    def texts(self, selector: str) -> list[str]:
        """Return the visible text of the elements, as somebody would read it."""
        return self.run("return Array.from(document.querySelectorAll(arguments[0])).map(e => e.innerText)", selector)

    def command(self, name: str, **parameters: Any) -> Any:
        """Give a command of the DevTools protocol."""
        return self._driver.execute_cdp_cmd(name, parameters)

    def size(self, width: int, height: int, *, mobile: bool = False) -> None:
        """Give the page a screen."""
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile
        )

    def dark(self, wanted: bool) -> None:
        """Say whether the user likes it dark."""
        value = "dark" if wanted else "light"
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": value}])

    def scripts(self, wanted: bool) -> None:
        """Let pages run scripts, or not, from the next one on."""
        self.command("Emulation.setScriptExecutionDisabled", value=not wanted)

    def lowest_contrasts(self) -> list[tuple[float, str]]:
        """Return the lowest contrasts of texts, with the texts."""
        return [(float(ratio), str(text)) for ratio, text in self.run(_CONTRAST)]

    def pdf(self) -> bytes:
        """Print the page."""
        return base64.b64decode(self.command("Page.printToPDF", preferCSSPageSize=True)["data"])

    def picture(self, file: Path) -> None:
        """Write the whole page as a PNG, to be looked at."""
        shot = self.command("Page.captureScreenshot", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(shot["data"]))


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """Yield a browser with a new profile."""
    options = Options()
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert program and driver, "Debian's packages chromium and chromium-driver are missing: make report-test"
    options.binary_location = program
    for option in (*_OPTIONS, f"--user-data-dir={profile}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield Browser(browser)
    finally:
        browser.quit()
