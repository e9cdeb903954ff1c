"""Source text that type checks exactly when our TypedDicts and those of other stubs can be given for each other."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.codegen.usage import usage

from wharfside_sdk.model.ir import ServiceName, load

STUBS: Mapping[str, str] = {
    "mypy_boto3_ecr": "ecr",
    "mypy_boto3_ecr_public": "ecr_public",
    "types_aiobotocore_ecr": "ecr",
    "types_aiobotocore_ecr_public": "ecr_public",
}
"""The packages to compare with, and the package of the SDK that is compared."""


@dataclass(frozen=True)
class Types:
    """What a package of stubs defines."""

    structures: Mapping[str, Mapping[str, str]]
    """The members of every TypedDict, as they are written."""
    aliases: Mapping[str, str]
    """Every other type definition, as it is written."""
    literals: Mapping[str, frozenset[str]]

    @property
    def names(self) -> frozenset[str]:
        """Every type definition."""
        return frozenset(self.structures.keys() | self.aliases.keys())


def folder(package: str) -> Path:
    """Where a package is, without importing it: those for aiobotocore need it at run time."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def read(package: str, suffix: str) -> Types:
    """The type definitions and literals of a package, read from files with this suffix."""
    structures: dict[str, Mapping[str, str]] = {}
    aliases: dict[str, str] = {}
    for statement in ast.parse((folder(package) / f"type_defs{suffix}").read_text()).body:
        match statement:
            case ast.ClassDef(name=name, body=body):
                members = (each for each in body if isinstance(each, ast.AnnAssign))
                structures[name] = {ast.unparse(each.target): ast.unparse(each.annotation) for each in members}
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(args=[_, ast.Dict(keys=keys, values=values)])):
                pairs = zip(keys, values, strict=True)
                structures[name] = {ast.literal_eval(key): ast.unparse(value) for key, value in pairs if key}
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if name != "__all__":
                aliases[name] = ast.unparse(value)
            case _:
                pass
    return Types(structures, aliases, _literals(package, suffix))


def _literals(package: str, suffix: str) -> dict[str, frozenset[str]]:
    literals: dict[str, frozenset[str]] = {}
    for statement in ast.parse((folder(package) / f"literals{suffix}").read_text()).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Subscript(slice=values)):
                found = ast.literal_eval(values)
                literals[name] = frozenset([found] if isinstance(found, str) else found)
            case _:
                pass
    return literals


def behind(theirs: Types, ours: Types) -> set[str]:
    """Those of their names that are of an older model: members or values are missing, there or in what they hold."""
    literals = {name for name, values in theirs.literals.items() if ours.literals.get(name, values) > values}
    old = {name for name, members in theirs.structures.items() if ours.structures[name].keys() > members.keys()}
    while True:
        holders = {name for name in theirs.names - old if _mentioned(theirs, name) & (old | literals)}
        if not holders:
            return old
        old |= holders


def _mentioned(types: Types, name: str) -> set[str]:
    texts = types.structures[name].values() if name in types.structures else [types.aliases[name]]
    return {word for text in texts for word in re.findall(r"\w+", text)}


def source(package: str, names: Iterable[str]) -> str:
    """A module that assigns these type definitions of a package to ours and ours to them, three lines for each."""
    lines = [f"import {package}.type_defs as theirs", f"import wharfside_sdk.{STUBS[package]}.type_defs as ours"]
    for name in names:
        lines += [f"def check_{name}(their: theirs.{name}, our: ours.{name}) -> None:"]
        lines += [f"    to_ours: ours.{name} = their", f"    to_theirs: theirs.{name} = our"]
    return "\n".join(lines) + "\n"


def given_source(service: ServiceName) -> str:
    """A module that gives our clients every structure of requests as type definitions have it, and as answers do."""
    model, package = load(service), f"wharfside_sdk.{service.replace('-', '_')}"
    used = usage(model)
    lines = [f"from {package} import requests, responses, type_defs"]
    for name in (name for name in used.order if name in used.requests and model.structure(name).fields):
        kinds = [f"type_defs.{name}TypeDef"] + [f"responses.{name}"] * (name in used.responses)
        for number, kind in enumerate(kinds):
            lines += [f"def give_{name}_{number}(given: {kind}) -> requests.{name}:", "    return given"]
    return "\n".join(lines) + "\n"
