# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""International domain names as they go over the wire."""

from __future__ import annotations

import unicodedata


class PunycodeError(ValueError):
    """What is wrong with a domain, with the next step. It goes on after the text that was given."""


def to_punycode(domain: str) -> str:
    """Return a domain in punycode, unless the rules that Python has would make another domain of it.

    Those are of 2003. They turn ß into ss, the sigma at the end of a Greek word into the other one, and drop joiners. The
    rules of today keep all of them, and by those registries give names away (RFC 5894, section 7.2).
    """
    if domain.isascii():
        return domain
    try:
        converted = domain.encode("idna").decode("ascii")
        back = converted.encode("ascii").decode("idna")
    except UnicodeError:
        raise PunycodeError("is not a domain that can be written in punycode. Check its spelling.") from None
    # Letter by letter: the small letter of a final Σ is ς otherwise.
    small = unicodedata.normalize("NFKC", "".join(c.lower() for c in domain)).replace("\u3002", ".")
    if small != back.lower():
        raise PunycodeError(
            f"would become {converted} by the older rules for international names, which is a domain of its own. Give "
            "this domain in punycode, in the form xn--... that its registry shows."
        )
    return converted
