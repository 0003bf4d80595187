# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The IAM policy of a credential that may send by SMTP what its owner allows, and do nothing else."""

from __future__ import annotations

import ipaddress
import json
import re
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Sequence, Set, Union

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.domain import (
    DomainError,
    domain_or_address,
    normal_domain,
)

_Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

_LOCAL = re.compile(r"[A-Za-z0-9!#%&'+/=^_`{|}~.-]{1,64}|\*")
_VPC_ENDPOINT = re.compile(r"vpce-[0-9a-f]{8,17}")
_CONFIGURATION_SET = re.compile(r"[A-Za-z0-9_-]{1,64}")
#: What never is the address that SES sees. Python's own list also holds the addresses of examples.
_PRIVATE = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/4",
        "::/127",
        "fc00::/7",
        "fe80::/10",
        "ff00::/8",
    )
)
#: The partitions of ARNs, by the beginning of a region's name.
_PARTITIONS = {"us-gov-": "aws-us-gov", "cn-": "aws-cn", "eusc-": "aws-eusc"}
#: IAM takes that many characters, white space apart, for all inline policies of a user together.
_LONGEST = 2048


class PolicyError(ValueError):
    """What is to be allowed cannot be written as a policy; the message names everything that is wrong."""


@dataclass(frozen=True)
class SendRules:
    """What a credential may send, as people write it. Empty means any, except for ``senders``."""

    senders: Sequence[str]
    sender_subdomains: bool = False
    recipients: Sequence[str] = ()
    source_addresses: Sequence[str] = ()
    vpc_endpoints: Sequence[str] = ()
    configuration_sets: Sequence[str] = ()


def policy_of_rules(rules: SendRules, regions: Sequence[str]) -> Dict[str, Any]:
    """Return the policy document for ``rules``; ``regions`` tell the partition of ARNs.

    Raises PolicyError, once for all that is wrong.
    """
    problems: List[str] = []
    if not rules.senders:
        # A policy without a condition would allow every sender.
        problems.append("There is no sender. Give the domains or addresses that mail is sent from, as senders.")
    senders = _each(rules.senders, _sender_patterns(subdomains=rules.sender_subdomains), problems)
    recipients = _each(rules.recipients, _recipient_patterns, problems)
    networks = _each(rules.source_addresses, _network, problems)
    endpoints = _each(rules.vpc_endpoints, _vpc_endpoint, problems)
    sets = _each(rules.configuration_sets, _configuration_set, problems)
    partitions = sorted({partition_of(region) for region in regions}) or ["aws"]
    if len(partitions) > 1:
        problems.append(
            f"The regions {', '.join(regions)} are of several AWS partitions ({', '.join(partitions)}). An IAM user works "
            "in the partition of its account alone: make one credential in an account of each."
        )
    if not problems:
        policy = send_policy(
            senders,
            recipients=recipients,
            source_addresses=networks,
            vpc_endpoints=endpoints,
            configuration_sets=sets,
            partition=partitions[0],
        )
        problems += _too_long(policy)
    if problems:
        raise PolicyError(" ".join(problems))
    return policy


def send_policy(
    patterns: Sequence[str],
    *,
    recipients: Sequence[str] = (),
    source_addresses: Sequence[str] = (),
    vpc_endpoints: Sequence[str] = (),
    configuration_sets: Sequence[str] = (),
    partition: str = "aws",
) -> Dict[str, Any]:
    """Return a policy document that allows ``ses:SendRawEmail`` from ``patterns`` alone, within the other limits.

    For one message SES asks IAM about the sender's identity, the configuration set, and, in the sandbox, the recipient's
    identity. A policy scoped to the sender's identity is refused by the second or third question, so ``Resource`` is
    ``*``, or all identities and the configuration sets that may be used; the condition on the address keeps it narrow.
    """
    condition: Dict[str, Any] = {"StringLike": {"ses:FromAddress": list(patterns)}}
    if recipients:
        condition["ForAllValues:StringLike"] = {"ses:Recipients": list(recipients)}
    arns = [f"arn:{partition}:ses:*:*:configuration-set/{name}" for name in configuration_sets]
    # A request comes through an endpoint or from a public address, never both: so one statement for each way.
    ways: Dict[str, Dict[str, Any]] = {}
    if source_addresses:
        ways["SendFromTheseNetworks"] = {"IpAddress": {"aws:SourceIp": list(source_addresses)}}
    if vpc_endpoints:
        ways["SendThroughTheseEndpoints"] = {"StringEquals": {"aws:SourceVpce": list(vpc_endpoints)}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": sid,
                "Effect": "Allow",
                "Action": "ses:SendRawEmail",
                "Resource": [f"arn:{partition}:ses:*:*:identity/*", *arns] if arns else "*",
                "Condition": {**condition, **way},
            }
            for sid, way in (ways or {"SendFromTheseAddresses": {}}).items()
        ],
    }


def from_address_patterns(senders: Sequence[str], *, subdomains: bool) -> List[str]:
    """Return the patterns of ``ses:FromAddress`` for domains and addresses, sorted.

    A domain ``example.com`` gives ``*@example.com``, with ``subdomains`` ``*@*.example.com`` as well.
    An address stands for itself; as local part ``*`` is allowed. Raises PolicyError.
    """
    problems: List[str] = []
    patterns = _each(senders, _sender_patterns(subdomains=subdomains), problems)
    if problems:
        raise PolicyError(" ".join(problems))
    return patterns


def partition_of(region: str) -> str:
    """Return the partition that ARNs of this region carry."""
    return next((name for prefix, name in _PARTITIONS.items() if region.startswith(prefix)), "aws")


def _each(texts: Sequence[str], convert: Callable[[str], Sequence[str]], problems: List[str]) -> List[str]:
    found: Set[str] = set()
    for text in texts:
        try:
            found.update(convert(str(text).strip()))
        except PolicyError as exc:
            problems.append(str(exc))
    return sorted(found)


def _sender_patterns(*, subdomains: bool) -> Callable[[str], List[str]]:
    return lambda text: _address_patterns(text, "sender", subdomains=subdomains)


def _recipient_patterns(text: str) -> List[str]:
    return _address_patterns(text, "recipient", subdomains=False)


def _address_patterns(text: str, role: str, *, subdomains: bool) -> List[str]:
    local, at, name = text.rpartition("@")
    try:
        # SES compares with the address in the message, where domains are in lower case punycode by custom.
        domain = normal_domain(name) if local == "*" else domain_or_address(text).rpartition("@")[2]
    except DomainError as exc:
        raise PolicyError(f"The {role} {text!r} {exc}") from None
    if at and not _LOCAL.fullmatch(local):
        raise PolicyError(
            f"The {role} {text!r} has a character before the @ that stands for others in IAM. Use its domain instead."
        )
    if at and local != "*":
        return [f"{local}@{domain}"]
    return [f"*@{domain}", *([f"*@*.{domain}"] if subdomains else [])]


def _network(text: str) -> List[str]:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise PolicyError(
            f"The source address {text!r} is neither an address nor a network. Use 198.51.100.7 or 198.51.100.0/24."
        ) from None
    if network.network_address != ipaddress.ip_interface(text).ip:
        raise PolicyError(
            f"The source address {text!r} has host bits set: use {network}, or the address without a mask."
        )
    if network.prefixlen == 0:
        raise PolicyError(f"The source address {text!r} is every address. Leave source_addresses out to allow that.")
    if any(_within(network, private) for private in _PRIVATE):
        raise PolicyError(
            f"The source address {text!r} is not public, and SES sees public addresses only (aws:SourceIp), so nothing "
            "could be sent. Use the address that your hosts have on the internet (that of the NAT gateway), or "
            "vpc_endpoints when they reach SES through a VPC endpoint."
        )
    return [str(network)]


def _within(network: _Network, other: _Network) -> bool:
    if isinstance(network, ipaddress.IPv4Network) and isinstance(other, ipaddress.IPv4Network):
        return network.subnet_of(other)
    if isinstance(network, ipaddress.IPv6Network) and isinstance(other, ipaddress.IPv6Network):
        return network.subnet_of(other)
    return False


def _vpc_endpoint(text: str) -> List[str]:
    if not _VPC_ENDPOINT.fullmatch(text):
        raise PolicyError(
            f"{text!r} is not the ID of a VPC endpoint. Use IDs such as vpce-0123456789abcdef0 in vpc_endpoints."
        )
    return [text]


def _configuration_set(text: str) -> List[str]:
    if not _CONFIGURATION_SET.fullmatch(text):
        raise PolicyError(
            f"{text!r} is not the name of a configuration set: at most 64 letters, digits, dashes and underscores. Give "
            "the name alone, not its ARN."
        )
    return [text]


def _too_long(policy: Dict[str, Any]) -> List[str]:
    length = len(json.dumps(policy, separators=(",", ":")))
    text = (
        f"The policy would have {length} characters, and IAM takes {_LONGEST} for all inline policies of a user. Name "
        "domains instead of addresses and networks instead of single hosts, or divide the senders among several "
        "credentials."
    )
    return [text] if length > _LONGEST else []
