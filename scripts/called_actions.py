# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which IAM actions each plugin calls: read from the syntax trees, by what reaches a ``calling("service:Action", ...)``.

A name stands for what the file defines or imports by it; ``thing.name`` for every method of that name in the files that
the plugin imports, whatever the thing is. So a plugin may get an action too many, and none too few.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from checkout import CHECKOUT

PLUGINS = CHECKOUT / "plugins"
_ROOT = "ansible_collections.cloudmail.ses.plugins"
Node = tuple[str, str]


class UnknownActionError(Exception):
    """An action that cannot be read from the code."""


@dataclass
class Source:
    """One file: its definitions by name, its methods by name, and what it imports of the collection."""

    definitions: dict[str, ast.AST] = field(default_factory=dict)
    methods: dict[str, list[ast.FunctionDef]] = field(default_factory=dict)
    imported: dict[str, Node] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)


def actions_of_plugins() -> dict[str, frozenset[str]]:
    """Return the actions of every module and lookup that calls AWS, by its name; a lookup's ends in ``(lookup)``."""
    sources = {_dotted(path): _read(path) for path in sorted(PLUGINS.rglob("*.py"))}
    found = {}
    for kind, label in (("modules", ""), ("lookup", " (lookup)")):
        for path in sorted((PLUGINS / kind).glob("*.py")):
            actions = _reached(_dotted(path), sources)
            if actions:
                found[path.stem + label] = frozenset(actions)
    return found


def all_actions() -> dict[str, list[str]]:
    """Return every action in the code with the files that call it."""
    found: dict[str, list[str]] = {}
    for path in sorted(PLUGINS.rglob("*.py")):
        for action in _actions(ast.parse(path.read_text(encoding="utf-8")), path.name):
            found.setdefault(action, []).append(str(path.relative_to(CHECKOUT)))
    return found


def _dotted(path: Path) -> str:
    return ".".join([_ROOT, *path.relative_to(PLUGINS).with_suffix("").parts])


def _read(path: Path) -> Source:
    source = Source()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        _take(node, source)
    return source


def _take(node: ast.stmt, source: Source) -> None:
    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_ROOT):
        source.modules.add(str(node.module))
        source.imported |= {name.asname or name.name: (str(node.module), name.name) for name in node.names}
    elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        source.definitions[node.name] = node
        for part in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(part, ast.FunctionDef):
                source.methods.setdefault(part.name, []).append(part)
    elif isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        source.definitions |= {target.id: node for target in targets if isinstance(target, ast.Name)}
    elif isinstance(node, (ast.Try, ast.If)):
        for part in node.body:
            _take(part, source)


def _closure(start: str, sources: dict[str, Source]) -> set[str]:
    seen, waiting = set[str](), [start]
    while waiting:
        name = waiting.pop()
        if name in sources and name not in seen:
            seen.add(name)
            # "from package import module" imports a file, too.
            source = sources[name]
            waiting += [*source.modules, *(f"{module}.{part}" for module, part in source.imported.values())]
    return seen


def _reached(plugin: str, sources: dict[str, Source]) -> set[str]:
    files = _closure(plugin, sources)
    actions = set[str]()
    waiting = [(plugin, node) for node in sources[plugin].definitions.values()]
    seen = set[int]()
    while waiting:
        where, node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        actions |= set(_actions(node, where))
        for file, found in _references(node, where, files, sources):
            waiting.append((file, found))
    return actions


def _references(
    node: ast.AST, where: str, files: set[str], sources: dict[str, Source]
) -> Iterator[tuple[str, ast.AST]]:
    for part in _parts(node):
        if isinstance(part, ast.Name):
            file, name = sources[where].imported.get(part.id, (where, part.id))
            if file in sources and name in sources[file].definitions:
                yield file, sources[file].definitions[name]
        elif isinstance(part, ast.Attribute):
            for file in files:
                yield from ((file, method) for method in sources[file].methods.get(part.attr, ()))
                if part.attr in sources[file].definitions:
                    yield file, sources[file].definitions[part.attr]


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a definition; of a class everything but its methods, which stand for themselves, save the constructor."""
    if not isinstance(node, ast.ClassDef):
        yield from ast.walk(node)
        return
    for part in [*node.bases, *node.decorator_list, *node.body]:
        if not isinstance(part, ast.FunctionDef) or part.name.startswith("__"):
            yield from ast.walk(part)


def _actions(node: ast.AST, where: str) -> Iterator[str]:
    walked = _parts(node) if isinstance(node, ast.ClassDef) else ast.walk(node)
    for call in walked:
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "calling"):
            continue
        first = call.args[0] if call.args else None
        if not (isinstance(first, ast.Constant) and isinstance(first.value, str) and ":" in first.value):
            raise UnknownActionError(
                f"{where}, line {call.lineno}: the first argument of calling() is no literal such as 'ses:GetAccount'"
            )
        yield first.value
