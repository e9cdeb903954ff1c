"""How the SDK's modules, classes, methods and types are called, today and in earlier eras of the stubs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from wharfside_sdk.model.ir import Service, ServiceName

PACKAGES: Final[Mapping[ServiceName, str]] = {"ecr": "ecr", "ecr-public": "ecr_public"}
"""The package of the SDK that is about a service."""
TITLES: Final[Mapping[ServiceName, str]] = {"ecr": "Amazon ECR", "ecr-public": "Amazon ECR Public"}
"""What a service is called in prose; the models have its name of before."""
CLASS_PREFIXES: Final[Mapping[ServiceName, str]] = {"ecr": "ECR", "ecr-public": "ECRPublic"}
"""What the names of a service's client classes begin with."""

Form: TypeAlias = Literal["", "Output", "Union", "Paginate", "Wait"]
"""What a TypedDict holds of its structure.

"": the structure, as a request gives it. "Output": as an answer gives it, for structures that differ between both.
"Union": either of the two. "Paginate" and "Wait": a request, as a paginator and a waiter take it.
"""

_LITERALS_WITHOUT_TYPE: Final[Mapping[ServiceName, tuple[str, ...]]] = {
    "ecr": (
        "EncryptionType",
        "FindingSeverity",
        "ImageFailureCode",
        "ImageTagMutability",
        "LayerAvailability",
        "LayerFailureCode",
        "LifecyclePolicyPreviewStatus",
        "ScanStatus",
        "TagStatus",
    ),
    "ecr-public": (),
}
"""The literals that stubs of 2021 named like their shapes; all were named anew, and later ones never had such names."""


def snake_case(name: str) -> str:
    """`DescribeImages` as `describe_images`, the way boto3 names methods and waiters."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def literal_name(enum: str) -> str:
    """The literal of an enum's shape: `ScanStatusType` of `ScanStatus`."""
    return f"{enum}Type"


def type_def_name(structure: str, form: Form = "") -> str:
    """The TypedDict of a structure: `ReplicationRuleOutputTypeDef` of `ReplicationRule` in answers."""
    return f"{structure}{form}TypeDef"


def earlier_literals(service: Service) -> Mapping[str, str]:
    """Today's names of literals by the ones of 2021."""
    return {enum: literal_name(enum) for enum in _LITERALS_WITHOUT_TYPE[service.name]}


def earlier_type_defs(service: Service) -> Mapping[str, str]:
    """Today's names of TypedDicts by the ones that the stubs had from 2022 to 2024.

    Three rules: requests ended in `RequestRequest`, and those of paginators and waiters repeated the operation's or
    the waiter's name, which today's do not. They hold for every request, also where no such name was ever published.
    """
    inputs = {name: each.input for name, each in service.operations.items() if service.structure(each.input).fields}
    requests = {f"{name}RequestTypeDef": type_def_name(name) for name in inputs.values()}
    paginates = {
        f"{inputs[operation]}{operation}PaginateTypeDef": type_def_name(inputs[operation], "Paginate")
        for operation in service.paginators
    }
    waits = {
        f"{inputs[waiter.operation]}{waiter.name}WaitTypeDef": type_def_name(inputs[waiter.operation], "Wait")
        for waiter in service.waiters.values()
    }
    return requests | paginates | waits
