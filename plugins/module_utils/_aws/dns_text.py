# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DNS records as texts that people put into their DNS. Pure: no calls, and the same text for the same records."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.dns_record import DEFAULT_TTL, check, quoted

#: What each record is for, by the purpose that ses_identity gives it.
_PURPOSES = {
    "dkim": "DKIM: proves that the domain is yours, and signs its mail",
    "mail_from_mx": "MAIL FROM: takes bounces to SES",
    "mail_from_spf": "MAIL FROM: SPF",
    "dmarc": "DMARC, only if there is none yet",
}


def zone_data(record: Mapping[str, Any]) -> str:
    """Return the value of a record as zone files and Route 53 want it: a TXT in quotes, a host with a dot at its end."""
    value = str(record["value"])
    return quoted(value) if record["type"] == "TXT" else value.rstrip(".") + "."


def zone_fragment(records: Sequence[Mapping[str, Any]], origin: str) -> str:
    """Return ``records`` as a fragment of a BIND zone file, with whole names, so that it fits into any zone.

    A second DMARC record would make a domain's own one void (RFC 7489, section 6.6.3), and nobody knows here whether
    there is one: it stands in a comment.
    """
    check(records)
    lines = [f"; Records for sending mail of {origin} through Amazon SES"]
    for purpose, title in _sections(records).items():
        mark = "; " if purpose == "dmarc" else ""
        lines += ["", f"; {title}"]
        for record in records:
            if str(record.get("purpose") or "") == purpose:
                lines.append(
                    f"{mark}{_name(record)}. {record.get('ttl') or DEFAULT_TTL} IN {record['type']} {zone_data(record)}"
                )
    return "\n".join(lines) + "\n"


def records_table(records: Sequence[Mapping[str, Any]]) -> str:
    """Return ``records`` as a table for people, one line each; values as the forms of DNS providers take them."""
    check(records)
    rows = [("Type", "Name", "TTL", "Value")]
    rows += [(str(r["type"]), _name(r), str(r.get("ttl") or DEFAULT_TTL), str(r["value"])) for r in records]
    for_what = ["For"] + [_PURPOSES.get(str(r.get("purpose") or ""), "") for r in records]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    # The value is last of the columns that are pasted, as a key of one's own is hundreds of characters long.
    width = max(len(text) for text in for_what)
    lines = [
        "  ".join([*(cell.ljust(size) for cell, size in zip(row, widths)), what.ljust(width), row[3]]).rstrip()
        for row, what in zip(rows, for_what)
    ]
    return "\n".join(lines) + "\n"


def _sections(records: Sequence[Mapping[str, Any]]) -> Dict[str, str]:
    purposes: List[str] = [str(record.get("purpose") or "") for record in records]
    return {purpose: _PURPOSES.get(purpose, "Others") for purpose in purposes}


def _name(record: Mapping[str, Any]) -> str:
    return str(record["name"]).rstrip(".")
