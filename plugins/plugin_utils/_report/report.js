/* Copyright (c) 2026, cloudmail.ses contributors
   GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
   SPDX-License-Identifier: GPL-3.0-or-later */
/* A filter above the table. Where no script runs, there is no filter, and every host is shown. */
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
    var words = search.value.toLowerCase().split(/\s+/), count = 0;
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
