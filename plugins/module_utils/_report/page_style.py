# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page's style sheet and its script; the page works without the script. Data only."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --text: #1c2330; --soft: #566072; --line: #d9dee7; --head: #eef1f6;
  --ok: #0b6b3a; --ok-back: #e4f4ea; --warning: #7a4b00; --warning-back: #fdf0d5;
  --failed: #a3161c; --failed-back: #fde6e6; --link: #1d4fb8;
  --dns: #7b5bd6; --connect: #2f7fd0; --tls: #0f9c9c; --auth: #3f9b46; --envelope: #c48a00; --send: #d0552b;
  --straight: #2f7fd0; --through: #8a4fb0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161d; --card: #1a2029; --text: #e8ecf3; --soft: #a5b0c2; --line: #323b49; --head: #222a36;
    --ok: #7fdca4; --ok-back: #14301f; --warning: #f3c56d; --warning-back: #362808;
    --failed: #ff9c9c; --failed-back: #3d1719; --link: #93b8ff;
    --dns: #a78df0; --connect: #63a8ee; --tls: #3cc4c4; --auth: #6fc576; --envelope: #e3b23c; --send: #f0835b;
    --straight: #63a8ee; --through: #c08ae2;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif;
  overflow-wrap: anywhere;
}
main, header, footer { max-width: 1280px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 28px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 6px; }
h2 { font-size: 19px; margin: 36px 0 10px; }
h3 { font-size: 15.5px; margin: 0 0 6px; }
p { margin: 6px 0; }
code, pre { font: 13px/1.45 ui-monospace, "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre { white-space: pre-wrap; margin: 8px 0; padding: 10px; background: var(--head); border-radius: 6px; }
a { color: var(--link); }
.soft, footer { color: var(--soft); }
.outcome { font-size: 18px; margin: 0 0 14px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(120px, 1fr)); gap: 10px; margin: 16px 0; padding: 0; }
.tiles div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 8px 14px 10px; }
.tiles dt { color: var(--soft); font-size: 13px; }
.tiles dd { margin: 0; font-size: 26px; font-weight: 650; line-height: 1.2; }
.tiles .failed dd { color: var(--failed); }
.tiles .warning dd { color: var(--warning); }
.tiles .ok dd { color: var(--ok); }
.facts { margin: 0; display: grid; grid-template-columns: max-content 1fr; gap: 2px 14px; font-size: 14px; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px; margin: 10px 0; }
.cause { border-left: 5px solid var(--failed); }
.cause dl { margin: 0; display: grid; grid-template-columns: max-content 1fr; gap: 4px 14px; }
.cause dt { color: var(--soft); }
.cause dd { margin: 0; }
.badge {
  display: inline-block; border-radius: 10px; padding: 0 9px; font-size: 13px; font-weight: 600;
  background: var(--failed-back); color: var(--failed); margin-right: 8px;
}
summary { cursor: pointer; color: var(--link); }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; }
caption { text-align: left; padding: 8px 12px; color: var(--soft); }
th, td { text-align: left; vertical-align: top; padding: 6px 10px; }
thead th { background: var(--head); font-size: 12.5px; line-height: 1.3; vertical-align: bottom; }
/* A word is broken where it would not fit otherwise, never to make a column narrower; only names may be that long. */
th, td { overflow-wrap: break-word; }
tbody th { font-weight: 600; min-width: 150px; overflow-wrap: anywhere; }
tbody tr:first-child > * { border-top: 1px solid var(--line); }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.c-ok { color: var(--ok); }
.c-warning { color: var(--warning); background: var(--warning-back); font-weight: 600; }
.c-failed { color: var(--failed); background: var(--failed-back); font-weight: 600; }
.c-stopped, .c-none { color: var(--soft); }
.mark { font-weight: 700; }
.state { display: block; font-weight: 400; font-size: 12.5px; color: var(--soft); }
.more td { padding-top: 0; }
.tools { display: flex; flex-wrap: wrap; gap: 8px 18px; align-items: center; margin: 8px 0; }
.tools input[type=search] {
  font: inherit; padding: 4px 10px; border: 1px solid var(--line); border-radius: 6px; background: var(--card);
  color: var(--text); min-width: 0; width: 260px; max-width: 100%;
}
.hidden { display: none; }
.away { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; list-style: none; margin: 4px 0 10px; padding: 0; font-size: 13px; }
.legend svg { vertical-align: -1px; margin-right: 5px; }
svg { display: block; max-width: 100%; }
.legend svg { display: inline; }
svg text { fill: var(--text); font-size: 12.5px; }
svg .soft { fill: var(--soft); }
svg line { stroke: var(--line); }
svg .median { stroke: var(--text); stroke-width: 2; }
svg .quarter { fill: var(--line); }
.f-dns { fill: var(--dns); } .f-connect { fill: var(--connect); } .f-tls { fill: var(--tls); }
.f-auth { fill: var(--auth); } .f-envelope { fill: var(--envelope); } .f-send { fill: var(--send); }
.f-straight { fill: var(--straight); } .f-through { fill: var(--through); }
circle { fill-opacity: .5; }
footer { padding-top: 24px; padding-bottom: 40px; font-size: 13.5px; }
@media (max-width: 820px) {
  main, header, footer { padding-left: 12px; padding-right: 12px; }
  h1 { font-size: 22px; }
  .tiles { grid-template-columns: repeat(auto-fit, minmax(88px, 1fr)); }
  .facts, .cause dl { grid-template-columns: 1fr; gap: 0; }
  .facts dd, .cause dd { margin-bottom: 6px; }
  .hosts thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .hosts, .hosts caption, .hosts tbody, .hosts tr, .hosts th, .hosts td { display: block; }
  .hosts tbody { border-top: 1px solid var(--line); padding: 6px 0; }
  .hosts tbody tr:first-child > * { border-top: 0; }
  .hosts tbody th { padding-bottom: 2px; }
  .hosts td { padding: 1px 10px; display: grid; grid-template-columns: 118px 1fr; gap: 8px; }
  .hosts td::before { content: attr(data-title); color: var(--soft); font-weight: 400; }
  th, td { padding: 5px 6px; }
  tbody th { min-width: 0; }
  .hosts .more td { display: block; }
  .hosts .more td::before { content: none; }
}
@media print {
  :root {
    color-scheme: light;
    --page: #fff; --card: #fff; --text: #000; --soft: #444; --line: #bbb; --head: #eee;
    --ok: #0b6b3a; --ok-back: #fff; --warning: #7a4b00; --warning-back: #fff;
    --failed: #a3161c; --failed-back: #fff; --link: #000;
  }
  @page { margin: 12mm; size: A4 landscape; }
  body { font-size: 11px; }
  main, header, footer { max-width: none; padding: 0; }
  .tools { display: none; }
  .scroll { overflow: visible; border: 0; }
  thead { display: table-header-group; }
  tbody, .card, svg { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  table { font-size: 10px; }
  th, td { padding: 3px 5px; }
  tbody th { min-width: 0; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
"""

#: A filter above the table. Where no script runs, there is no filter, and every host is shown.
SCRIPT = """
(function () {
  var table = document.querySelector("table.hosts"), place = document.getElementById("tools");
  if (!table || !place) { return; }
  var search = document.createElement("input"), bad = document.createElement("input"), seen = document.createElement("span");
  search.type = "search"; search.placeholder = "Find a host or an error";
  search.setAttribute("aria-label", "Find a host or an error");
  bad.type = "checkbox";
  var label = document.createElement("label");
  label.append(bad, " Only hosts with failures or warnings");
  seen.className = "soft"; seen.setAttribute("role", "status");
  place.append(search, label, seen);
  var hosts = Array.prototype.map.call(table.tBodies, function (body) {
    return {body: body, text: body.textContent.toLowerCase(), good: body.dataset.state === "passed"};
  });
  function show() {
    var words = search.value.toLowerCase().split(/\\s+/), count = 0;
    hosts.forEach(function (one) {
      var wanted = !(bad.checked && one.good) && words.every(function (word) { return one.text.indexOf(word) >= 0; });
      one.body.classList.toggle("hidden", !wanted);
      count += wanted ? 1 : 0;
    });
    seen.textContent = count === hosts.length ? "" : count + " of " + hosts.length + " hosts shown";
  }
  search.addEventListener("input", show);
  bad.addEventListener("change", show);
})();
"""
