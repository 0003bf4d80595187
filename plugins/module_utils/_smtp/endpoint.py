# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names of the SES SMTP endpoints."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import regions

_REGION = re.compile(r"[a-z]{2,}(?:-[a-z]+)+-[0-9]{1,2}")
_ZONE = re.compile(r"([a-z]{2,}(?:-[a-z]+)+-[0-9]{1,2})[a-z]")
_LABEL = r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_HOST_REGION = re.compile(
    r"(?:^|\.)email-smtp(?:-fips)?\.([a-z0-9-]+)\.(?:vpce\.)?(?:amazonaws\.com|api\.aws)\.?$", re.IGNORECASE
)
#: In the order of preference. EC2 throttles port 25 by default, and many networks block it.
PORTS = (587, 2587, 465, 2465, 25)
WRAPPER_PORTS = (465, 2465)
STARTTLS_PORTS = tuple(port for port in PORTS if port not in WRAPPER_PORTS)
_AMAZON = re.compile(r"\.(?:amazonaws\.com|api\.aws)\.?$", re.IGNORECASE)


class RegionError(ValueError):
    """A region that has no SES SMTP endpoint, or a text that is not a region."""


class HostError(ValueError):
    """A host name that is not an SES SMTP endpoint."""


@dataclass(frozen=True)
class Endpoint:
    """An SMTP endpoint; ``warning`` is set when nobody documented that it exists."""

    host: str
    region: str
    warning: str | None = None


def check_region(region: str) -> str | None:
    """Return a warning about ``region``, or None when SES documents SMTP there.

    Raises RegionError for what is not a region, and for a region documented to have no SMTP endpoint.
    """
    if not isinstance(region, str) or not _REGION.fullmatch(region):
        raise RegionError(_not_a_region(region))
    if region in regions.API_ONLY:
        raise RegionError(
            f"SES has no SMTP endpoint in region {region}, only its API (as documented in {regions.AS_OF}). "
            "Use a nearby region with SMTP such as eu-west-1 or us-east-1; an identity must be verified there too."
        )
    if region in regions.NO_SES or region.startswith(regions.NO_SES_PREFIXES):
        raise RegionError(
            f"Amazon SES does not exist in region {region} (as documented in {regions.AS_OF}). "
            "Use a region with SES such as ap-southeast-1 or us-east-1."
        )
    if region in regions.SMTP:
        return None
    known = "is not documented to have" if region in regions.UNCONFIRMED else "is unknown to this collection to have"
    return (
        f"Region {region} {known} an SES SMTP endpoint (as of {regions.AS_OF}). "
        "If its name does not resolve, check the spelling and the list of regions in the AWS General Reference."
    )


def smtp_endpoint(region: str, *, fips: bool = False, dualstack: bool = False) -> Endpoint:
    """Return the SMTP endpoint of ``region``.

    Raises RegionError where AWS documents that there is none, and for a wanted variant that does not exist.
    """
    warning = check_region(region)
    if fips and dualstack:
        raise RegionError("SES has no SMTP endpoint that is both FIPS and dual-stack: choose one of the two.")
    if fips and region in regions.SMTP and region not in regions.FIPS:
        raise RegionError(
            f"SES has no FIPS SMTP endpoint in region {region}. Regions with one (as of {regions.AS_OF}): "
            + ", ".join(sorted(regions.FIPS))
            + "."
        )
    name = "email-smtp-fips" if fips else "email-smtp"
    suffix = "api.aws" if dualstack else "amazonaws.com"
    return Endpoint(host=f"{name}.{region}.{suffix}", region=region, warning=warning)


def wanted_endpoint(region: str | None, host: str | None) -> Endpoint:
    """Return the endpoint of ``region``, or ``host``, which may be any; its region is empty when nothing tells it.

    Raises HostError or RegionError for what cannot be right, and where the two contradict each other.
    """
    if not host and not region:
        raise HostError("There is neither a region nor a host to connect to. Give region, such as eu-west-1, or host.")
    if not host:
        return smtp_endpoint(region or "")
    check_host(host)
    in_name = region_of_host(host)
    if region and in_name and region != in_name:
        raise HostError(
            f"{host} is in {in_name}, but region is {region}. Passwords and identities are per region: leave one of the two "
            "options out, or correct it."
        )
    return Endpoint(host=host, region=in_name or region or "")


def check_door(host: str, *, port: int, encryption: str | None) -> str | None:
    """Return a warning about a port that SES does not have; a tunnel may have it.

    Raises HostError for a port that is none, and for an encryption that SES does not have there.
    """
    if not 1 <= port <= 65535:
        raise HostError(f"port must be 1 to 65535, not {port}. SES has 587, 2587, 25 (STARTTLS), 465 and 2465 (TLS).")
    if not region_of_host(host):
        return None
    if port not in PORTS:
        return f"SES does not listen on port {port}. It has 587, 2587, 25 (STARTTLS), 465 and 2465 (TLS)."
    right = encryption_at(port)
    if encryption and encryption != right:
        raise HostError(
            f"encryption={encryption} does not go with port {port}, on which SES has {right}. Leave encryption out, or use "
            "port 587 (starttls) or 465 (tls)."
        )
    return None


def encryption_at(port: int) -> str:
    """Return what SES has on ``port``: tls from the start, or starttls."""
    return "tls" if port in WRAPPER_PORTS else "starttls"


def region_of_host(host: str) -> str | None:
    """Return the region in the name of an SES SMTP endpoint (VPC endpoints included), else None."""
    match = _HOST_REGION.search(host)
    return match.group(1).lower() if match else None


def check_host(host: str) -> None:
    """Raise HostError for a name that is known not to be an SES SMTP endpoint, or that is no host name."""
    if not isinstance(host, str) or not (_HOST.fullmatch(host) or _is_ipv6(host)):
        raise HostError(f"{host!r} is not a host name: give the bare name, without a scheme, a port or brackets.")
    name = host.lower().rstrip(".")
    if "mail-manager-smtp" in name and _AMAZON.search(name):
        raise HostError(
            f"{host} is an ingress endpoint of SES Mail Manager, another product with its own user names and "
            "passwords. Use email-smtp.<region>.amazonaws.com."
        )
    if re.match(r"email(-fips)?\.", name) and _AMAZON.search(name):
        raise HostError(f"{host} is the HTTPS API of SES, not SMTP. Use {name.replace('email', 'email-smtp', 1)}.")
    if name.startswith("inbound-smtp.") and _AMAZON.search(name):
        raise HostError(f"{host} receives mail for SES and relays none. Use {name.replace('inbound', 'email', 1)}.")


def _is_ipv6(host: str) -> bool:
    return ":" in host and re.fullmatch(r"[0-9A-Fa-f:.]+", host) is not None and host.count(":") > 1


def _not_a_region(region: object) -> str:
    text = str(region)
    zone = _ZONE.fullmatch(text)
    if zone:
        return f"{text} is an availability zone, not a region. Use {zone.group(1)}."
    if _REGION.fullmatch(text.strip().lower()):
        return f"{text!r} is not spelled like a region: remove white space and capitals, so {text.strip().lower()}."
    in_host = region_of_host(text)
    if in_host:
        return f"{text} is a host name, not a region. Its region is {in_host}."
    return f"{text!r} is not an AWS region. Use a name such as eu-west-1."
