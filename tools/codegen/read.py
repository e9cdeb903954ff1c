"""Reads botocore's models of Amazon ECR and ECR Public and reduces them to the facts that Wharfside keeps.

Only facts are kept: names, types, bounds, patterns. The documentation text belongs to AWS and is left out.
A trait that this module does not know is refused, so that nothing a newer model says gets lost silently.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import re
import tomllib
from pathlib import Path
from typing import Any

Facts = dict[str, Any]

SERVICES = {"ecr": "2015-09-21", "ecr-public": "2020-10-30"}
"""The API version that is vendored, by service name (the folder name in botocore's data)."""

OVERLAY = Path(__file__).parent / "overlay.toml"

_METADATA = (
    "apiVersion",
    "endpointPrefix",
    "jsonVersion",
    "protocol",
    "serviceFullName",
    "serviceId",
    "signatureVersion",
    "signingName",
    "targetPrefix",
    "uid",
)
_SHAPE_TRAITS = frozenset({"type", "enum", "pattern", "min", "max", "required", "exception", "fault", "error"})
_REFERENCES = ("member", "key", "value")


class UnknownTrait(ValueError):
    """The model says something that the facts have no place for; this reader must learn it first."""


class BotocoreNotFound(LookupError):
    """There is no botocore where it was looked for."""


def find_botocore() -> Path:
    """The folder of the botocore package that this Python would import. Raises BotocoreNotFound."""
    spec = importlib.util.find_spec("botocore")
    if spec is None or spec.origin is None:
        raise BotocoreNotFound("botocore is not installed; install it, or name its folder with --botocore")
    return Path(spec.origin).parent


def botocore_version(package: Path) -> str:
    """The version of the botocore package in this folder. Raises BotocoreNotFound."""
    source = package / "__init__.py"
    found = re.search(r"^__version__ = '([^']+)'", source.read_text(), re.MULTILINE) if source.is_file() else None
    if found is None:
        raise BotocoreNotFound(f"{package} is not the folder of a botocore package (the one that holds data/)")
    return found[1]


def read_service(package: Path, service: str) -> Facts:
    """The facts of one service, from the botocore package in this folder. Raises UnknownTrait."""
    version = botocore_version(package)
    folder = package / "data" / service / SERVICES[service]
    model = _read_json(folder, "service-2") or {}
    metadata = model["metadata"]
    return {
        "botocore": version,
        "metadata": {name: metadata[name] for name in _METADATA},
        "regions": _regions(package, metadata["endpointPrefix"]),
        "operations": {name: _operation(name, operation) for name, operation in model["operations"].items()},
        "shapes": {name: _shape(name, shape) for name, shape in model["shapes"].items()},
        "paginators": {
            name: _paginator(paginator)
            for name, paginator in (_read_json(folder, "paginators-1") or {"pagination": {}})["pagination"].items()
        },
        "waiters": {
            name: {key: value for key, value in waiter.items() if key != "description"}
            for name, waiter in (_read_json(folder, "waiters-2") or {"waiters": {}})["waiters"].items()
        },
    }


def read_overlay(service: str) -> Facts:
    """What overlay.toml says about this service, the common part included."""
    overlay = tomllib.loads(OVERLAY.read_text())
    own: Facts = overlay["services"].get(service, {})
    return {section: {**common, **own.get(section, {})} for section, common in overlay["common"].items()}


def _read_json(folder: Path, name: str) -> Facts | None:
    plain = folder / f"{name}.json"
    if plain.is_file():
        return json.loads(plain.read_bytes())
    packed = folder / f"{name}.json.gz"
    return json.loads(gzip.decompress(packed.read_bytes())) if packed.is_file() else None


def _regions(package: Path, endpoint: str) -> list[str]:
    """The regions of AWS's first partition that have this endpoint."""
    partition = (_read_json(package / "data", "endpoints") or {})["partitions"][0]
    endpoints = partition["services"][endpoint]["endpoints"]
    return sorted(name for name in endpoints if name in partition["regions"])


def _operation(name: str, operation: Facts) -> Facts:
    if operation["http"] != {"method": "POST", "requestUri": "/"}:
        raise UnknownTrait(f"operation {name} is not POST /: {operation['http']}")
    _refuse_unknown(name, operation, frozenset({"name", "http", "input", "output", "errors"}))
    return {
        "input": operation["input"]["shape"],
        "output": operation["output"]["shape"],
        "errors": [error["shape"] for error in operation["errors"]],
    }


def _shape(name: str, shape: Facts) -> Facts:
    _refuse_unknown(name, shape, _SHAPE_TRAITS | {"members", *_REFERENCES})
    facts = {trait: value for trait, value in shape.items() if trait in _SHAPE_TRAITS}
    facts.update({trait: shape[trait]["shape"] for trait in _REFERENCES if trait in shape})
    if "members" in shape:
        for member_name, member in shape["members"].items():
            _refuse_unknown(f"{name}.{member_name}", member, frozenset({"shape", "deprecated", "deprecatedMessage"}))
        facts["members"] = {member_name: member["shape"] for member_name, member in shape["members"].items()}
        deprecated = [member_name for member_name, member in shape["members"].items() if member.get("deprecated")]
        if deprecated:
            facts["deprecated"] = deprecated
    return facts


def _paginator(paginator: Facts) -> Facts:
    results = paginator["result_key"]
    return {**paginator, "result_key": [results] if isinstance(results, str) else results}


def _refuse_unknown(name: str, traits: Facts, known: frozenset[str]) -> None:
    unknown = traits.keys() - known - {"documentation"}
    if unknown:
        raise UnknownTrait(f"{name} has traits that the reader does not know: {', '.join(sorted(unknown))}")
