"""Values for tests, made from the model: legal ones, and one illegal one for every constraint it states."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from hypothesis import strategies as st

from wharfside_sdk.model.ir import Enum, ListShape, Scalar, Service, ServiceName, Structure, load

SERVICES: tuple[ServiceName, ...] = ("ecr", "ecr-public")

UUID = "00000000-0000-4000-8000-000000000000"
ACCOUNT = "123456789012"

# One legal value for each pattern. What a pattern means is not computed here, so that a wrong reading of it shows.
LEGAL_TEXTS = {
    "CredentialArn": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:ecr-pullthroughcache/x",
    "ImageTagMutabilityExclusionFilterValue": "v*",
    "KmsKeyForRepositoryCreationTemplate": "",
    "LayerDigest": "sha256:" + "a" * 64,
    "Prefix": "abc",
    "PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/x",
    "PullThroughCacheRuleRepositoryPrefix": "abc",
    "Region": "us-east-1",
    "RegistryId": ACCOUNT,
    "ReplicationBackfillId": UUID,
    "RepositoryFilterValue": "abc",
    "RepositoryName": "abc",
    "ScanningRepositoryFilterValue": "abc",
    "SigningProfileArn": f"arn:aws:signer:us-east-1:{ACCOUNT}:/signing-profiles/ab",
    "SigningRepositoryFilterValue": "abc",
    "UploadId": UUID,
}
LEGAL_MEMBERS = {"PutImageRequest.imageTag": "latest", "PutImageRequest.imageDigest": "sha256:" + "a" * 64}

REFUSED_BY_OTHERS: list[tuple[str, dict[str, Any]]] = [
    *[("CreateRepository", {"repositoryName": name}) for name in ("my--repo", "my__repo", "a---b/c", "0/1")],
    *[
        ("CreatePullThroughCacheRule", {"ecrRepositoryPrefix": prefix, "upstreamRegistryUrl": "quay.io"})
        for prefix in ("ROOT", "quay/", "a--b")
    ],
    *[
        (
            "CreatePullThroughCacheRule",
            {
                "ecrRepositoryPrefix": "quay",
                "upstreamRegistryUrl": "quay.io",
                "credentialArn": f"arn:{partition}:secretsmanager:x-1:{ACCOUNT}:secret:ecr-pullthroughcache/x",
            },
        )
        for partition in ("aws-cn", "aws-us-gov")
    ],
    ("DescribeRepositoryCreationTemplates", {"prefixes": ["a--b", "team/", "ROOT"]}),
    ("BatchGetImage", {"repositoryName": "ab", "imageIds": [{"imageDigest": "no digest"}, {"imageTag": "a b"}]}),
    ("BatchCheckLayerAvailability", {"repositoryName": "ab", "layerDigests": ["", "no digest"]}),
]
"""Legal requests that other validators for ECR refuse by mistake."""


@dataclass(frozen=True)
class IllegalCase:
    """A request that breaks exactly one constraint."""

    service: ServiceName
    operation: str
    path: str
    kind: str
    request: dict[str, Any]


def legal(service: Service, name: str, *, optional: bool = False) -> Any:
    """A legal value of the shape; structures have their optional members too when `optional`."""
    shape = service.shapes[name]
    if isinstance(shape, Structure):
        return {
            field.name: LEGAL_MEMBERS.get(f"{name}.{field.name}") or legal(service, field.shape, optional=optional)
            for field in shape.fields
            if optional or field.required
        }
    if isinstance(shape, ListShape):
        return [legal(service, shape.item, optional=optional) for _ in range(max(1, shape.minimum or 0))]
    if isinstance(shape, Enum):
        return shape.values[0]
    assert isinstance(shape, Scalar)
    if shape.kind == "string":
        return LEGAL_TEXTS[name] if shape.pattern else "a" * max(1, shape.minimum or 0)
    if shape.kind == "blob":
        return b"x"
    return True if shape.kind == "boolean" else max(1, shape.minimum or 0)


def illegal_values(service: Service, name: str) -> Iterator[tuple[str, Any]]:
    """For each constraint of the shape itself, a value that breaks it."""
    shape = service.shapes[name]
    if isinstance(shape, Enum):
        yield "enum", "NOPE"
    elif isinstance(shape, ListShape):
        if shape.minimum:
            yield "minimum items", []
        if shape.maximum is not None:
            yield "maximum items", [legal(service, shape.item)] * (shape.maximum + 1)
    elif isinstance(shape, Scalar):
        yield from _illegal_scalars(shape)


def _illegal_scalars(shape: Scalar) -> Iterator[tuple[str, Any]]:
    if shape.kind == "string":
        if shape.pattern:
            yield "pattern", "!! no !!" + "x" * (shape.minimum or 0)
            yield "pattern, trailing line feed", LEGAL_TEXTS[shape.name] + "\n"
        if shape.minimum:
            yield "minimum length", LEGAL_TEXTS.get(shape.name, "a" * shape.minimum)[: shape.minimum - 1]
        if shape.maximum is not None:
            yield "maximum length", LEGAL_TEXTS.get(shape.name, "").ljust(shape.maximum + 1, "a")
    elif shape.kind == "blob":
        if shape.maximum is not None:
            yield "maximum length", b"x" * (shape.maximum + 1)
    elif shape.kind != "boolean":
        if shape.minimum is not None:
            yield "minimum", shape.minimum - 1
        if shape.maximum is not None:
            yield "maximum", shape.maximum + 1


def illegal_cases(service_name: ServiceName) -> Iterator[IllegalCase]:
    """One request for every constraint at every place of every operation's input."""
    service = load(service_name)
    for operation in service.operations.values():
        for path, kind, request in _cases(service, operation.input, lambda value: value, ""):
            yield IllegalCase(service_name, operation.name, path, kind, request)


def _cases(
    service: Service, name: str, around: Callable[[Any], Any], path: str
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    shape = service.shapes[name]
    if isinstance(shape, Structure):
        for field in shape.fields:
            inside = _inside(legal(service, name), field.name, around)
            where = f"{path}.{field.name}"
            for kind, value in illegal_values(service, field.shape):
                yield where, kind, inside(value)
            if field.required:
                without = legal(service, name)
                del without[field.name]
                yield where, "required", around(without)
                yield where, "required, null", inside(None)
            yield from _cases(service, field.shape, inside, where)
    elif isinstance(shape, ListShape):
        inside = _inside(legal(service, name), 0, around)
        for kind, value in illegal_values(service, shape.item):
            yield f"{path}[]", kind, inside(value)
        yield f"{path}[]", "null item", inside(None)
        yield from _cases(service, shape.item, inside, f"{path}[]")


def _inside(container: Any, place: str | int, around: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def build(value: Any) -> Any:
        changed = copy.copy(container)
        changed[place] = value
        return around(changed)

    return build


@cache
def legal_strategy(service: Service, name: str) -> st.SearchStrategy[Any]:
    """Any legal value of the shape, up to its bounds."""
    shape = service.shapes[name]
    if isinstance(shape, Structure):
        members = {
            field.name: st.just(LEGAL_MEMBERS[f"{name}.{field.name}"])
            if field.pattern
            else legal_strategy(service, field.shape)
            for field in shape.fields
        }
        required = {field.name for field in shape.fields if field.required}
        return st.fixed_dictionaries(
            {member: values for member, values in members.items() if member in required},
            optional={member: values for member, values in members.items() if member not in required},
        )
    if isinstance(shape, ListShape):
        least = shape.minimum or 0
        most = min(least + 3, shape.maximum or least + 3)
        return st.lists(legal_strategy(service, shape.item), min_size=least, max_size=most)
    if isinstance(shape, Enum):
        return st.sampled_from(shape.values)
    assert isinstance(shape, Scalar)
    return _legal_scalars(shape)


def _legal_scalars(shape: Scalar) -> st.SearchStrategy[Any]:
    least = shape.minimum or 0
    if shape.kind == "string":
        if shape.pattern:
            ascii_pattern = shape.pattern.replace("\\w", "0-9A-Za-z_") if "[\\w" in shape.pattern else shape.pattern
            texts = st.from_regex(f"(?a:{ascii_pattern})", fullmatch=True)
            return texts.filter(
                lambda text: least <= len(text) <= (shape.maximum or 10_000) and not text.endswith("\n")
            )
        most = min(least + 40, shape.maximum or least + 40)
        return st.text(st.characters(exclude_categories=("Cs",)), min_size=least, max_size=most)
    if shape.kind == "blob":
        return st.binary(min_size=least, max_size=200)
    if shape.kind == "boolean":
        return st.booleans()
    end = 2**31 if shape.kind == "integer" else 2**63
    return st.integers(least if shape.minimum is not None else -end, shape.maximum or end - 1)
