# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IAM policies: what is allowed, what is not and why, and what cannot be told."""

from __future__ import annotations

import random
from typing import Any

import pytest

from ansible_collections.cloudmail.ses.plugins.module_utils._aws.policy_condition import Request, condition_holds
from ansible_collections.cloudmail.ses.plugins.module_utils._aws.policy_evaluation import Decision, Policy, evaluate
from ses_simulator import policy as of_simulator

ARN = "arn:aws:ses:eu-west-1:123456789012:identity/example.com"
ACTION = "ses:SendRawEmail"
CONTEXT = {
    "ses:fromaddress": ("app@example.com",),
    "ses:recipients": ("a@example.net", "b@example.org"),
    "aws:sourceip": ("203.0.113.9",),
    "aws:securetransport": ("true",),
    "aws:username": ("ses-app",),
    "aws:principalarn": ("arn:aws:iam::123456789012:user/mail/x",),
    "aws:star": ("*",),
    "aws:currenttime": ("2026-11-23T17:00:00Z",),
    "aws:epochtime": ("1795453200",),
    "aws:number": ("5",),
    "aws:absent": None,
}
REQUEST = Request(ACTION, ARN, CONTEXT)


def statement(effect: str = "Allow", **elements: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": ACTION, "Resource": "*", **elements}


def policy(
    *statements: dict[str, Any], name: str = "the policy p of the user u", version: str = "2012-10-17"
) -> Policy:
    return Policy(name, {"Version": version, "Statement": list(statements)})


def decide(*statements: dict[str, Any], **more: Any) -> Decision:
    return evaluate(REQUEST, [policy(*statements)], **more)


@pytest.mark.parametrize(
    ("operator", "key", "wanted", "holds"),
    [
        ("StringEquals", "ses:FromAddress", ["app@example.com"], True),
        ("StringEquals", "ses:FromAddress", ["App@example.com"], False),
        ("StringEquals", "ses:FromAddress", ["*"], False),
        ("StringEquals", "SES:FROMADDRESS", ["x", "app@example.com"], True),
        ("StringNotEquals", "ses:FromAddress", ["x", "app@example.com"], False),
        ("StringNotEquals", "ses:FromAddress", ["x", "y"], True),
        ("StringEqualsIgnoreCase", "ses:FromAddress", ["APP@Example.com"], True),
        ("StringNotEqualsIgnoreCase", "ses:FromAddress", ["APP@Example.com"], False),
        ("StringLike", "ses:FromAddress", ["*@example.co?"], True),
        ("StringLike", "ses:FromAddress", ["*@example_com"], False),
        ("StringLike", "ses:FromAddress", ["*@EXAMPLE.com"], False),
        ("StringNotLike", "ses:FromAddress", ["*@example.com"], False),
        ("StringLike", "aws:Absent", ["*"], False),
        ("StringLikeIfExists", "aws:Absent", ["nothing"], True),
        ("StringNotLike", "aws:Absent", ["*"], True),
        ("StringLike", "aws:Unheard", ["*"], None),
        ("StringLikeIfExists", "aws:Unheard", ["*"], None),
        # Variables
        ("StringLike", "ses:FromAddress", ["${aws:username}@*"], False),
        ("StringEquals", "aws:username", ["${aws:username}"], True),
        ("StringEquals", "aws:username", ["${aws:absent}"], False),
        ("StringEquals", "aws:username", ["${aws:absent, 'ses-app'}"], True),
        ("StringEquals", "aws:username", ["${aws:unheard}"], None),
        ("StringEquals", "aws:username", ["${aws:unheard}", "ses-app"], True),
        ("StringLike", "aws:username", ["${aws:star}"], False),
        ("StringLike", "aws:star", ["${*}"], True),
        ("StringLike", "aws:username", ["${*}"], False),
        # ARNs are compared part by part; what a pattern leaves out matches
        ("ArnLike", "aws:PrincipalArn", ["arn:aws:iam::*:user/mail/*"], True),
        ("ArnEquals", "aws:PrincipalArn", ["arn:aws:iam::*:user/${aws:absent, 'mail'}/x"], True),
        ("ArnLike", "aws:PrincipalArn", ["arn:aws:iam"], True),
        ("ArnLike", "aws:PrincipalArn", ["arn:*:user/mail/x"], False),
        ("ArnNotLike", "aws:PrincipalArn", ["arn:aws:iam::*:user/mail/*"], False),
        ("ArnLike", "aws:username", ["ses-*"], True),
        # Several values
        ("ForAllValues:StringLike", "ses:Recipients", ["*@example.net", "*@example.org"], True),
        ("ForAllValues:StringLike", "ses:Recipients", ["*@example.net"], False),
        ("ForAnyValue:StringLike", "ses:Recipients", ["*@example.net"], True),
        ("ForAnyValue:StringLike", "ses:Recipients", ["*@example.com"], False),
        ("ForAllValues:StringNotLike", "ses:Recipients", ["*@example.com"], True),
        ("ForAllValues:StringNotLike", "ses:Recipients", ["*@example.org"], False),
        ("ForAnyValue:StringNotLike", "ses:Recipients", ["*@example.org"], True),
        ("StringLike", "ses:Recipients", ["*@example.*"], True),
        ("StringLike", "ses:Recipients", ["*@example.com"], False),
        # AWS does not say what this means
        ("StringLike", "ses:Recipients", ["*@example.net"], None),
        ("ForAllValues:StringLike", "aws:Absent", ["x"], True),
        ("ForAnyValue:StringLike", "aws:Absent", ["x"], False),
        ("ForAnyValue:StringNotLike", "aws:Absent", ["x"], False),
        ("ForSomeValues:StringLike", "ses:FromAddress", ["*"], None),
        # Others
        ("IpAddress", "aws:SourceIp", ["198.51.100.0/24", "203.0.113.9"], True),
        ("IpAddress", "aws:SourceIp", ["2001:db8::/32"], False),
        ("IpAddress", "aws:SourceIp", ["nonsense"], False),
        ("NotIpAddress", "aws:SourceIp", ["203.0.113.0/24"], False),
        ("Bool", "aws:SecureTransport", ["True"], True),
        ("Bool", "aws:SecureTransport", ["false"], False),
        ("Null", "aws:Absent", ["true"], True),
        ("Null", "ses:FromAddress", ["true"], False),
        ("Null", "ses:FromAddress", ["false"], True),
        ("Null", "aws:Unheard", ["true"], None),
        ("NumericLessThanEquals", "aws:Number", ["5"], True),
        ("NumericGreaterThan", "aws:Number", ["5"], False),
        ("NumericNotEquals", "aws:Number", ["6"], True),
        ("NumericEquals", "aws:username", ["6"], None),
        ("DateLessThan", "aws:CurrentTime", ["2026-12-01T00:00:00Z"], True),
        ("DateGreaterThan", "aws:CurrentTime", ["2026-12-01"], False),
        ("DateGreaterThan", "aws:EpochTime", ["2026-11-01T00:00:00+01:00"], True),
        ("BinaryEquals", "aws:username", ["eA=="], None),
        ("StringAlmost", "aws:username", ["x"], None),
    ],
)
def test_conditions(operator: str, key: str, wanted: list[str], holds: bool | None) -> None:
    assert condition_holds(operator, key, wanted, REQUEST) is holds


@pytest.mark.parametrize(
    ("elements", "answer"),
    [
        ({"Action": "*"}, "allowed"),
        ({"Action": ["s3:*", "SES:Send*"]}, "allowed"),
        ({"Action": "ses:SendRaw"}, "denied"),
        ({"Action": "ses:SendRawEmai?"}, "allowed"),
        ({"Action": "${aws:star}"}, "denied"),
        ({"Resource": ARN}, "allowed"),
        ({"Resource": ARN.upper()}, "denied"),
        ({"Resource": ["arn:aws:s3:::x", "arn:aws:ses:*:*:identity/*"]}, "allowed"),
        ({"Resource": "arn:aws:ses"}, "allowed"),
        ({"Resource": "arn:aws:ses:*"}, "allowed"),
        # IAM leaves open how far a * reaches that ends a part
        ({"Resource": "arn:aws:*:identity/example.com"}, "unknown"),
        ({"Resource": "arn:aws:ses:*:identity/*"}, "unknown"),
        ({"Resource": "arn:aws:ses:*/example.com"}, "unknown"),
        ({"Resource": "arn:aws:ses:*:identity/other.example"}, "denied"),
        ({"Resource": "arn:aws:ses:*:identity/${aws:absent, 'example.com'}"}, "unknown"),
        ({"Resource": "arn:aws:s3:*:identity/*"}, "denied"),
        ({"Resource": "arn:aws:ses:*:*:identity/${aws:unheard}"}, "unknown"),
        ({"Resource": "arn:aws:ses:*:*:identity/${aws:absent, 'example.com'}"}, "allowed"),
        ({"Condition": {"StringEquals": {"aws:Unheard": "x"}}}, "unknown"),
        ({"Condition": {"StringEquals": {"aws:Unheard": "x", "ses:FromAddress": "x"}}}, "denied"),
        ({"Condition": {"Bool": {"aws:SecureTransport": True}}}, "allowed"),
        ({"Condition": {"NumericEquals": {"aws:Number": 5}}}, "allowed"),
    ],
)
def test_elements(elements: dict[str, Any], answer: str) -> None:
    assert decide(statement(**elements)).answer == answer


@pytest.mark.parametrize(
    ("elements", "answer"),
    [
        ({"NotAction": "iam:*", "Resource": "*"}, "allowed"),
        ({"NotAction": ["iam:*", "ses:*"], "Resource": "*"}, "denied"),
        ({"Action": "*", "NotResource": "arn:aws:ses:*:*:identity/other.example"}, "allowed"),
        ({"Action": "*", "NotResource": ["arn:aws:ses:*:*:identity/*"]}, "denied"),
        ({"Action": "*", "NotResource": ["arn:aws:ses:*:identity/*"]}, "unknown"),
        ({"Action": "*"}, "denied"),
        ({"Resource": "*"}, "denied"),
    ],
)
def test_negated_and_missing_elements(elements: dict[str, Any], answer: str) -> None:
    assert decide({"Effect": "Allow", **elements}).answer == answer


def test_a_document_of_one_statement_without_a_list() -> None:
    document = {"Version": "2012-10-17", "Statement": statement()}
    assert evaluate(REQUEST, [Policy("p", document)]).answer == "allowed"


def test_variables_are_texts_in_old_policies() -> None:
    variable = statement(Condition={"StringEquals": {"aws:username": "${aws:username}"}})
    resource = statement(Resource="arn:aws:ses:*:*:identity/${aws:absent, 'example.com'}")
    assert evaluate(REQUEST, [policy(variable)]).answer == "allowed"
    assert evaluate(REQUEST, [policy(variable, version="2008-10-17")]).answer == "denied"
    assert evaluate(REQUEST, [policy(resource, version="2008-10-17")]).answer == "denied"


UNSURE = {"StringEquals": {"aws:Unheard": "x"}}


@pytest.mark.parametrize(
    ("statements", "answer", "explicit"),
    [
        ([], "denied", False),
        ([statement(), statement("Deny")], "denied", True),
        ([statement("Deny"), statement()], "denied", True),
        ([statement("Deny")], "denied", True),
        ([statement("Deny", Action="s3:*"), statement()], "allowed", False),
        # A doubt matters only where it could change the answer
        ([statement(), statement("Deny", Condition=UNSURE)], "unknown", False),
        ([statement("Deny", Condition=UNSURE)], "denied", False),
        ([statement("Deny"), statement(Condition=UNSURE)], "denied", True),
        ([statement(), statement(Condition=UNSURE)], "allowed", False),
        ([statement(), statement("Deny", Resource="arn:aws:ses:*:identity/*")], "unknown", False),
        ([statement(), statement("Deny", Resource="arn:aws:ses:*:identity/x")], "allowed", False),
    ],
)
def test_effects(statements: list[dict[str, Any]], answer: str, explicit: bool) -> None:
    decision = decide(*statements)
    assert (decision.answer, decision.explicit) == (answer, explicit)


@pytest.mark.parametrize(
    ("own", "limit", "answer", "explicit"),
    [
        (statement(), statement(), "allowed", False),
        (statement(), statement(Action="s3:*"), "denied", False),
        (statement(Action="s3:*"), statement(), "denied", False),
        (statement(), statement("Deny"), "denied", True),
        (statement(Action="s3:*"), statement("Deny"), "denied", True),
        (statement(), statement(Condition=UNSURE), "unknown", False),
        (statement(Condition=UNSURE), statement(), "unknown", False),
        (statement(Condition=UNSURE), statement(Action="s3:*"), "denied", False),
    ],
)
def test_boundary(own: dict[str, Any], limit: dict[str, Any], answer: str, explicit: bool) -> None:
    decision = decide(own, boundary=policy(limit, name="the permissions boundary b"))
    assert (decision.answer, decision.explicit) == (answer, explicit)


def test_what_was_not_read_could_allow_it() -> None:
    assert decide(incomplete=True).answer == "unknown"
    assert decide(statement("Deny"), incomplete=True).answer == "denied"
    assert decide(statement(), incomplete=True).answer == "allowed"


def test_a_boundary_that_does_not_allow_it_is_sure_even_when_policies_are_unread() -> None:
    limit = policy(statement(Action="s3:*"), name="the permissions boundary b")
    assert decide(incomplete=True, boundary=limit) == Decision(
        "denied", ("Nothing in the permissions boundary b allows it.",)
    )


@pytest.mark.parametrize(
    ("decision", "why", "misses"),
    [
        (decide(), "No policy of the user allows it.", ()),
        (decide(statement("Deny", Sid="No")), "The statement No of the policy p of the user u denies it.", ()),
        (
            decide(
                statement(Action="s3:*"), statement(Condition={"StringLike": {"ses:FromAddress": ["*@x.example", "b"]}})
            ),
            "Statement 2 of the policy p of the user u allows it only for ses:FromAddress StringLike *@x.example, b (here it is app@example.com).",
            ("ses:fromaddress",),
        ),
        (
            decide(
                statement(
                    Sid="Send", Resource="arn:aws:ses:*:*:identity/x", Condition={"StringEquals": {"aws:Absent": "1"}}
                )
            ),
            (
                f"The statement Send of the policy p of the user u allows it only for other resources than {ARN} "
                "and aws:Absent StringEquals 1 (here it is not there)."
            ),
            ("resource", "aws:absent"),
        ),
        (
            decide(statement(Resource="arn:aws:ses:*:identity/*")),
            f"It depends on whether Resource covers {ARN} in Statement 1 of the policy p of the user u.",
            (),
        ),
        (
            decide(statement(Condition=UNSURE)),
            "It depends on aws:Unheard StringEquals x (here it is not known) in Statement 1 of the policy p of the user u.",
            (),
        ),
    ],
)
def test_words(decision: Decision, why: str, misses: tuple[str, ...]) -> None:
    assert (decision.why, decision.misses) == ((why,), misses)


# ---- against the simulator's evaluation, which somebody else has written

_POOL = {
    "ses:FromAddress": ["app@example.com", "*@example.com", "App@*", "*@other.example", "*"],
    "ses:Recipients": ["*@example.net", "*@example.org", "a@*", "*"],
    "aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24", "203.0.113.9", "2001:db8::/32"],
    "aws:SecureTransport": ["true", "false"],
    "aws:Absent": ["x", "*"],
}
_OPERATORS = {
    "aws:SourceIp": ["IpAddress", "NotIpAddress", "IpAddressIfExists"],
    "aws:SecureTransport": ["Bool", "BoolIfExists"],
    "ses:Recipients": [
        f"{qualifier}:{name}"
        for qualifier in ("ForAllValues", "ForAnyValue")
        for name in ("StringLike", "StringNotLike", "StringEquals", "StringLikeIfExists")
    ],
}
_STRINGS = [
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringNotLike",
    "StringEqualsIgnoreCase",
    "StringLikeIfExists",
]
_ACTIONS = ["ses:*", "ses:SendRawEmail", "ses:SendEmail", "SES:send*", "*", "iam:*"]
_RESOURCES = [
    "*",
    ARN,
    "arn:aws:ses:*:*:identity/*",
    "arn:aws:ses:eu-west-1",
    "arn:aws:s3:::*",
]
# What only a * could match that reaches over a colon
_OPEN = "arn:aws:*:identity/example.com"


def _some(generator: random.Random, pool: list[str]) -> list[str]:
    return generator.sample(pool, generator.randint(1, 2))


def _random_statement(generator: random.Random) -> dict[str, Any]:
    no = generator.choice(["", "", "", "Not"])
    made: dict[str, Any] = {
        "Effect": generator.choice(["Allow", "Allow", "Deny"]),
        f"{no}Action": _some(generator, _ACTIONS),
        f"{generator.choice(['', '', 'Not'])}Resource": _some(generator, _RESOURCES),
    }
    condition: dict[str, Any] = {}
    for key in generator.sample(list(_POOL), generator.choice([0, 1, 1, 2])):
        if generator.random() < 0.1:
            condition.setdefault("Null", {})[key] = generator.choice(["true", "false"])
        else:
            condition.setdefault(generator.choice(_OPERATORS.get(key, _STRINGS)), {})[key] = _some(
                generator, _POOL[key]
            )
    return {**made, **({"Condition": condition} if condition else {})}


def _both(document: dict[str, Any]) -> tuple[str, str]:
    """Return the answer of this evaluation and of the simulator's, both in IAM's words."""
    context = {key: values for key, values in CONTEXT.items() if values}
    decision = evaluate(REQUEST, [Policy("p", document)])
    verdict = of_simulator.evaluate([document], of_simulator.Request(ACTION, ARN, context))
    words = {"allowed": "allowed", "denied": "explicitDeny" if decision.explicit else "implicitDeny"}
    return words.get(decision.answer, decision.answer), verdict.decision


def _random_document(generator: random.Random) -> dict[str, Any]:
    statements = [_random_statement(generator) for _number in range(generator.randint(1, 3))]
    return {"Version": "2012-10-17", "Statement": statements}


@pytest.mark.parametrize("seed", range(8))
def test_the_simulator_agrees(seed: int) -> None:
    generator = random.Random(seed)
    answers = []
    for _round in range(500):
        document = _random_document(generator)
        ours, its = _both(document)
        assert ours == its, document
        answers.append(its)
    # All answers are common, so that the agreement is worth something.
    assert min(answers.count(answer) for answer in ("allowed", "explicitDeny", "implicitDeny")) > 50


def test_what_cannot_be_told_is_where_both_readings_come_to_different_answers() -> None:
    generator = random.Random(1)
    answers = []
    for _round in range(1000):
        document = _random_document(generator)
        changed = generator.choice(document["Statement"])
        element = "NotResource" if "NotResource" in changed else "Resource"
        # IAM takes the pattern for one that matches, or for one that does not.
        readings = {_both(_with(document, changed, element, one))[1] == "allowed" for one in ("*", "x")}
        ours, _its = _both(_with(document, changed, element, _OPEN))
        assert (ours == "unknown") is (len(readings) == 2), document
        assert ours == "unknown" or {ours == "allowed"} == readings, document
        answers.append(ours)
    assert min(answers.count(answer) for answer in ("allowed", "unknown", "implicitDeny")) > 50


def _with(document: dict[str, Any], changed: dict[str, Any], element: str, value: str) -> dict[str, Any]:
    statements = [{**one, element: value} if one is changed else one for one in document["Statement"]]
    return {**document, "Statement": statements}
