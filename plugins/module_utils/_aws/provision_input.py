# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role ses_provision is asked for: what is wrong with it, and its Route 53 zones. Pure: no calls."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Sequence

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.domain import DomainError, normal_domain

#: How the variables that are no texts are written.
EXAMPLES: Mapping[str, Any] = {
    "ses_provision_domains": ["example.com", "example.net"],
    "ses_provision_regions": ["eu-west-1", "us-east-1"],
    "ses_provision_senders": ["example.com", "app@example.net"],
    "ses_provision_recipients": ["example.com", "team@example.net"],
    "ses_provision_source_addresses": ["198.51.100.7", "203.0.113.0/24"],
    "ses_provision_vpc_endpoints": ["vpce-0123456789abcdef0"],
    "ses_provision_allowed_configuration_sets": ["fleet"],
    "ses_provision_dns_servers": ["192.0.2.53"],
    "ses_provision_suppressed_reasons": ["bounce", "complaint"],
    "ses_provision_configuration_set_suppressed_reasons": ["bounce", "complaint"],
    "ses_provision_configuration_set_event_destinations": [
        {"name": "bounces", "events": ["bounce"], "sns_topic_arn": "arn:aws:sns:eu-west-1:123456789012:bounces"}
    ],
    "ses_provision_aws": {"profile": "shop"},
    "ses_provision_policies": {"send": {"Version": "2012-10-17", "Statement": []}},
    "ses_provision_tags": {"team": "mail"},
    "ses_provision_route53_zones": {"example.com": "Z0123456789EXAMPLE"},
    "ses_provision_production_access": {"mail_type": "transactional", "website_url": "https://www.example.com"},
    "ses_provision_require": {"production_access": True, "max_send_rate": 10},
}


@dataclass(frozen=True)
class Wanted:
    """Variables of the role; and what Route 53 has said, as far as it has been asked."""

    domains: Sequence[str]
    regions: Sequence[str]
    mail_from_domain: str
    mail_from_subdomain: str
    has_dkim_private_key: bool
    has_dkim_selector: bool
    has_configuration_set: bool
    #: The names of the variables that are settings of a configuration set
    configuration_set_settings: Sequence[str]
    #: The zone, ID or name, of each domain that has one
    route53_zones: Mapping[str, str]
    #: The hosted zones of the account, and the record sets of each zone, as amazon.aws.route53_info returns them
    hosted_zones: Sequence[Mapping[str, Any]] = ()
    zone_records: Sequence[Mapping[str, Any]] = ()


def not_as_text(texts: Sequence[str]) -> List[str]:
    """Return how variables are written that are texts and may not be: with ``-e a=b,c`` all values are texts."""
    messages = []
    # By default the senders are the domains.
    for name in [name for name in texts if name != "ses_provision_senders" or "ses_provision_domains" not in texts]:
        kind = "list" if isinstance(EXAMPLES[name], list) else "dictionary"
        example = json.dumps({name: EXAMPLES[name]})
        messages.append(
            f"{name} is a text, and a {kind} is wanted. On the command line that is written: -e '{example}'."
        )
    return messages


def errors(wanted: Wanted) -> List[str]:
    """Return what is wrong with the variables, a sentence or two each."""
    domains, regions, settings = wanted.domains, wanted.regions, wanted.configuration_set_settings
    no_domains = [message for name in domains for message in _domain_error(str(name))]
    foreign = [name for name in wanted.route53_zones if name not in domains]
    several = len(domains) > 1 or len(regions) > 1
    checks = {
        "There is no domain or no region to send from. Set ses_provision_domain (such as example.com) and "
        "ses_provision_region (such as eu-west-1), or the environment variable AWS_REGION.": not domains or not regions,
        f"In ses_provision_domains: {' '.join(no_domains)}": no_domains,
        "ses_provision_mail_from_domain is one name, whose one MX record names one region, and there are "
        f"{len(domains)} domains and {len(regions)} regions. Set ses_provision_mail_from_subdomain instead, such as "
        "bounce: each domain and region gets a name of its own.": wanted.mail_from_domain and several,
        "Set ses_provision_mail_from_domain or ses_provision_mail_from_subdomain, not both.": (
            wanted.mail_from_domain and wanted.mail_from_subdomain
        ),
        "A DKIM key of your own needs both ses_provision_dkim_private_key and ses_provision_dkim_selector.": (
            wanted.has_dkim_private_key != wanted.has_dkim_selector
        ),
        f"{', '.join(settings)} are settings of a configuration set. Set its name in ses_provision_configuration_set.": (
            settings and not wanted.has_configuration_set
        ),
        f"ses_provision_route53_zones names {', '.join(foreign)}, which ses_provision_domains does not.": foreign,
    }
    return [message for message, wrong in checks.items() if wrong]


def _domain_error(name: str) -> List[str]:
    if "@" in name:
        return [f"{name} is an address. Give its domain."]
    try:
        normal = normal_domain(name)
    except DomainError as exc:
        return [f"{name} {exc}"]
    # The other variables name domains too, and files and Route 53 know one spelling of them.
    return [] if normal == name.lower() else [f"Write {name} as {normal}."]


def mail_from_domains(wanted: Wanted) -> Dict[str, Dict[str, str]]:
    """Return the MAIL FROM domain of each region, by domain; empty without one.

    A MAIL FROM domain takes one MX record, which names a region: so each region has a domain of its own.
    """
    label, first = wanted.mail_from_subdomain, wanted.regions[:1]
    if wanted.mail_from_domain:
        return {domain: dict.fromkeys(first, wanted.mail_from_domain) for domain in wanted.domains}
    labels = {region: label if region in first else f"{label}-{region}" for region in wanted.regions if label}
    return {domain: {region: f"{name}.{domain}" for region, name in labels.items()} for domain in wanted.domains}


def zones(wanted: Wanted) -> Dict[str, Any]:
    """Return which zones are meant, what they hold, and what is wrong with them.

    :return: ``names`` (of the zones that are given by name), ``name_errors``, ``ids``, ``records`` (the record sets by
        the zone's ID), and ``domain_errors``
    """
    given = list(dict.fromkeys(wanted.route53_zones.values()))
    # An ID has no dot in it, a name has.
    names = list(dict.fromkeys(_bare(zone) + "." for zone in given if "." in zone))
    public = [zone for zone in wanted.hosted_zones if not zone["config"]["private_zone"] and zone["name"] in names]
    ids = [_base(zone) for zone in given if "." not in zone] + [_base(zone["id"]) for zone in public]
    records = {one["item"]: one["resource_record_sets"] for one in wanted.zone_records}
    return {
        "names": names,
        "name_errors": _name_errors(names, found=[zone["name"] for zone in public]),
        "ids": list(dict.fromkeys(ids)),
        "records": records,
        "domain_errors": _domain_errors(wanted.route53_zones, records),
    }


def _name_errors(names: Sequence[str], *, found: Sequence[str]) -> List[str]:
    missing = [f"{name} is no public zone of this AWS account." for name in names if name not in found]
    twice = [
        f"{name} is the name of several public zones of this AWS account." for name in names if found.count(name) > 1
    ]
    advice = (
        "Set ses_provision_route53_zone (or ses_provision_route53_zones) to the ID of a hosted zone, or leave it out to "
        "get the records as files."
    )
    return [*missing, *twice, advice] if missing or twice else []


def _domain_errors(domains: Mapping[str, str], records: Mapping[str, Sequence[Mapping[str, Any]]]) -> List[str]:
    # The SOA record has the zone's own name.
    apexes = [_bare(one["name"]) for some in records.values() for one in some if one["type"] == "SOA"]
    outside = [name for name in domains if not any(f".{name.lower()}".endswith(f".{apex}") for apex in apexes)]
    message = (
        f"The Route 53 zones {', '.join(apexes)} do not hold {', '.join(outside)}. Give the zone of each domain in "
        "ses_provision_route53_zones, and leave out the domains whose DNS is elsewhere."
    )
    return [message] if outside else []


def _bare(name: str) -> str:
    return name.lower().rstrip(".")


def _base(zone_id: str) -> str:
    return zone_id.rsplit("/", 1)[-1]
