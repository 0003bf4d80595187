# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SMTP endpoints of regions."""

from __future__ import annotations

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._smtp import regions
from ansible_collections.cloudmail.ses.plugins.module_utils._smtp.endpoint import (
    HostError,
    RegionError,
    check_door,
    check_host,
    region_of_host,
    smtp_endpoint,
    wanted_endpoint,
)


@pytest.mark.parametrize(
    ("region", "fips", "dualstack", "host"),
    [
        ("eu-west-1", False, False, "email-smtp.eu-west-1.amazonaws.com"),
        ("eu-west-1", False, True, "email-smtp.eu-west-1.api.aws"),
        ("us-gov-west-1", True, False, "email-smtp-fips.us-gov-west-1.amazonaws.com"),
        ("ap-northeast-3", False, False, "email-smtp.ap-northeast-3.amazonaws.com"),
    ],
)
def test_names(region: str, fips: bool, dualstack: bool, host: str) -> None:
    found = smtp_endpoint(region, fips=fips, dualstack=dualstack)
    assert (found.host, found.region, found.warning) == (host, region, None)
    assert region_of_host(host) == region


@pytest.mark.parametrize("region", sorted(regions.UNCONFIRMED) + ["eu-north-7"])
def test_undocumented_regions_warn(region: str) -> None:
    warning = smtp_endpoint(region).warning
    assert warning is not None and region in warning


@pytest.mark.parametrize(
    ("region", "reason"),
    [(region, "only its API") for region in sorted(regions.API_ONLY)]
    + [
        ("ap-east-1", "does not exist"),
        ("cn-north-1", "does not exist"),
        ("us-iso-east-1", "does not exist"),
        ("us-isob-east-1", "does not exist"),
        ("eu-west-1a", "availability zone.*Use eu-west-1"),
        ("EU-WEST-1", "so eu-west-1"),
        ("eu-west-1 ", "so eu-west-1"),
        ("email-smtp.eu-west-1.amazonaws.com", "Its region is eu-west-1"),
        ("Ireland", "not an AWS region"),
        ("", "not an AWS region"),
    ],
)
def test_refused_regions(region: str, reason: str) -> None:
    with pytest.raises(RegionError, match=reason):
        smtp_endpoint(region)


def test_refused_variants() -> None:
    with pytest.raises(RegionError, match="no FIPS SMTP endpoint in region eu-west-1"):
        smtp_endpoint("eu-west-1", fips=True)
    with pytest.raises(RegionError, match="both FIPS and dual-stack"):
        smtp_endpoint("us-east-1", fips=True, dualstack=True)


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("email-smtp.eu-west-1.amazonaws.com.", "eu-west-1"),
        ("vpce-0abc-1def.email-smtp.us-east-1.vpce.amazonaws.com", "us-east-1"),
        ("EMAIL-SMTP.eu-west-1.amazonaws.com", "eu-west-1"),
        ("smtp.example.com", None),
        ("email.eu-west-1.amazonaws.com", None),
    ],
)
def test_region_of_host(host: str, region: str | None) -> None:
    assert region_of_host(host) == region


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("abc123.fips.abcd.mail-manager-smtp.amazonaws.com", "Mail Manager"),
        ("email.eu-west-1.amazonaws.com", "email-smtp.eu-west-1.amazonaws.com"),
        ("inbound-smtp.eu-west-1.amazonaws.com", "Use email-smtp.eu-west-1.amazonaws.com"),
        ("smtp://smtp.example.com", "not a host name"),
        ("smtp.example.com:587", "not a host name"),
        ("[smtp.example.com]", "not a host name"),
        ("", "not a host name"),
    ],
)
def test_refused_hosts(host: str, reason: str) -> None:
    with pytest.raises(HostError, match=reason):
        check_host(host)


@pytest.mark.parametrize(
    "host", ["email-smtp.eu-west-1.amazonaws.com", "localhost", "192.0.2.1", "2001:db8::1", "a.b."]
)
def test_other_hosts_pass(host: str) -> None:
    check_host(host)


@pytest.mark.parametrize(
    ("region", "host", "expected"),
    [
        ("eu-west-1", None, ("email-smtp.eu-west-1.amazonaws.com", "eu-west-1")),
        (None, "email-smtp.us-east-1.amazonaws.com", ("email-smtp.us-east-1.amazonaws.com", "us-east-1")),
        ("us-east-1", "email-smtp.us-east-1.api.aws", ("email-smtp.us-east-1.api.aws", "us-east-1")),
        ("us-east-1", "relay.example.com", ("relay.example.com", "us-east-1")),
        (None, "192.0.2.1", ("192.0.2.1", "")),
        # A host of one's own wins over what is documented of a region.
        ("me-south-1", "relay.example.com", ("relay.example.com", "me-south-1")),
    ],
)
def test_which_endpoint_is_wanted(region: str | None, host: str | None, expected: tuple[str, str]) -> None:
    found = wanted_endpoint(region, host)
    assert (found.host, found.region) == expected


@pytest.mark.parametrize("port", [25, 587, 2587, 465, 2465])
def test_the_encryption_of_each_port(port: int) -> None:
    host, right = "email-smtp.eu-west-1.amazonaws.com", "tls" if port in (465, 2465) else "starttls"
    wrong = "starttls" if right == "tls" else "tls"
    assert check_door(host, port=port, encryption=right) is None
    assert check_door(host, port=port, encryption=None) is None
    with pytest.raises(HostError, match=f"encryption={wrong} does not go with port {port}, on which SES has {right}"):
        check_door(host, port=port, encryption=wrong)
    # What stands in for SES may do as it likes.
    assert check_door("relay.example.com", port=port, encryption=wrong) is None
