# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a raw HTTP answer differs from what botocore's model of the service says: members, types, enumerations."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree

from botocore.model import ListShape, MapShape, OperationModel, Shape, StringShape, StructureShape

_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "blob": (str,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "double": (float, int),
    "float": (float, int),
    "timestamp": (float, int),
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
}
_XML_TEXTS = {
    "boolean": "true|false",
    "integer": "-?[0-9]+",
    "long": "-?[0-9]+",
    "double": r"-?[0-9.]+(E-?[0-9]+)?",
    "float": r"-?[0-9.]+(E-?[0-9]+)?",
    "timestamp": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+]00:00)",
}
_NOT_IN_THE_BODY = ("header", "headers", "statusCode")


def mismatches(model: OperationModel, body: bytes) -> list[str]:
    """Return the differences between the body of a successful answer and the operation's output."""
    protocol, shape = str(model.metadata["protocol"]), model.output_shape
    if protocol.endswith("json"):
        found = list(_json(shape, json.loads(body), model.name)) if shape and body else []
        return found if body or not _required(shape) else [f"{model.name}: no body"]
    if shape is None:
        return []
    root: ElementTree.Element | None = ElementTree.fromstring(body) if body.strip() else None  # noqa: S314 - our own
    wrapper = shape.serialization.get("resultWrapper") if protocol == "query" else None
    if wrapper and root is not None:
        root = next((child for child in root if _tag(child) == wrapper), None)
    if root is None:
        return [f"{model.name}: no {wrapper or 'body'}"] if shape.members else []
    return list(_xml(shape, root, model.name))


def _required(shape: Shape | None) -> list[str]:
    names = shape.required_members if isinstance(shape, StructureShape) else []
    return [name for name in names if shape.members[name].serialization.get("location") not in _NOT_IN_THE_BODY]


def _members(shape: StructureShape) -> dict[str, tuple[str, Shape]]:
    """Return the members by the name that stands in the body."""
    return {
        member.serialization.get("name", name): (name, member)
        for name, member in shape.members.items()
        if member.serialization.get("location") not in _NOT_IN_THE_BODY
    }


def _structure(shape: StructureShape, present: set[str], path: str) -> Iterator[str]:
    members = _members(shape)
    for name in sorted(present - set(members)):
        yield f"{path}.{name}: not in the model"
    for name, (own_name, _member) in members.items():
        if own_name in _required(shape) and name not in present:
            yield f"{path}.{own_name}: required"


def _enumeration(shape: Shape, value: str, path: str) -> Iterator[str]:
    if isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        yield f"{path}: {value!r} is none of {shape.enum}"


def _json(shape: Shape, value: Any, path: str) -> Iterator[str]:
    right = isinstance(value, _JSON_TYPES[shape.type_name])
    if not right or (isinstance(value, bool) and shape.type_name != "boolean"):
        yield f"{path}: {value!r} is no {shape.type_name}"
    elif isinstance(shape, StructureShape):
        yield from _structure(shape, set(value), path)
        for name, (_own_name, member) in _members(shape).items():
            if name in value:
                yield from _json(member, value[name], f"{path}.{name}")
    elif isinstance(shape, ListShape):
        for item in value:
            yield from _json(shape.member, item, path)
    elif isinstance(shape, MapShape):
        for item in value.values():
            yield from _json(shape.value, item, path)
    elif isinstance(value, str):
        yield from _enumeration(shape, value, path)


def _tag(node: ElementTree.Element) -> str:
    return node.tag.rpartition("}")[2]


def _xml(shape: Shape, node: ElementTree.Element, path: str) -> Iterator[str]:
    walk: Callable[[Any, ElementTree.Element, str], Iterator[str]]
    walk = {"structure": _xml_structure, "list": _xml_list, "map": _xml_map}.get(shape.type_name, _xml_scalar)
    yield from walk(shape, node, path)


def _xml_structure(shape: StructureShape, node: ElementTree.Element, path: str) -> Iterator[str]:
    yield from _structure(shape, {_tag(child) for child in node}, path)
    members = _members(shape)
    for child in node:
        if _tag(child) in members:
            yield from _xml(members[_tag(child)][1], child, f"{path}.{_tag(child)}")


def _xml_list(shape: ListShape, node: ElementTree.Element, path: str) -> Iterator[str]:
    if shape.serialization.get("flattened"):
        yield from _xml(shape.member, node, path)
        return
    name = shape.member.serialization.get("name", "member")
    for child in node:
        if _tag(child) == name:
            yield from _xml(shape.member, child, path)
        else:
            yield f"{path}.{_tag(child)}: not in the model, a list has {name}"


def _xml_map(shape: MapShape, node: ElementTree.Element, path: str) -> Iterator[str]:
    key, value = (
        part.serialization.get("name", default) for part, default in ((shape.key, "key"), (shape.value, "value"))
    )
    for entry in node:
        found = {_tag(child): child for child in entry}
        if set(found) != {key, value}:
            yield f"{path}: an entry has {sorted(found)}, not {key} and {value}"
        else:
            yield from _xml(shape.value, found[value], path)


def _xml_scalar(shape: Shape, node: ElementTree.Element, path: str) -> Iterator[str]:
    text = node.text or ""
    if len(node) or not re.fullmatch(_XML_TEXTS.get(shape.type_name, ".*"), text, re.DOTALL):
        yield f"{path}: {text!r} is no {shape.type_name}"
    yield from _enumeration(shape, text, path)
