"""Literals, TypedDicts, requests and responses: names of all eras, members from the model, and light imports."""

from __future__ import annotations

import importlib
import subprocess
import sys
from types import ModuleType
from typing import Any, get_args, get_type_hints

import pytest
from tools.codegen.usage import usage

from wharfside_sdk.ecr import literals, type_defs
from wharfside_sdk.model.ir import Enum, ServiceName, load

PACKAGES: dict[ServiceName, str] = {"ecr": "ecr", "ecr-public": "ecr_public"}


def module(service: ServiceName, name: str) -> ModuleType:
    return importlib.import_module(f"wharfside_sdk.{PACKAGES[service]}.{name}")


@pytest.mark.parametrize("name", ["literals", "type_defs", "responses"])
@pytest.mark.parametrize("package", PACKAGES.values())
def test_types_need_the_standard_library_only(package: str, name: str) -> None:
    program = f"""
import sys
import wharfside_sdk.{package}.{name}
print(*(name for name in ("botocore", "pydantic", "pydantic_core", "typing_extensions") if name in sys.modules))
"""
    assert subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout == "\n"


@pytest.mark.parametrize(
    ("earlier", "today"),
    [
        ("PutImageRequestRequestTypeDef", "PutImageRequestTypeDef"),
        ("ListImagesRequestListImagesPaginateTypeDef", "ListImagesRequestPaginateTypeDef"),
        (
            "GetLifecyclePolicyPreviewRequestLifecyclePolicyPreviewCompleteWaitTypeDef",
            "GetLifecyclePolicyPreviewRequestWaitTypeDef",
        ),
        (
            "DescribeImageScanFindingsRequestImageScanCompleteWaitTypeDef",
            "DescribeImageScanFindingsRequestWaitTypeDef",
        ),
    ],
)
def test_earlier_spellings_are_the_same_types(earlier: str, today: str) -> None:
    assert getattr(type_defs, earlier) is getattr(type_defs, today)


def test_literals_of_2021_are_the_same_types() -> None:
    assert literals.ScanStatus is literals.ScanStatusType
    assert literals.TagStatus is literals.TagStatusType
    assert not hasattr(literals, "UpstreamRegistry")  # came later, and never had that name


@pytest.mark.parametrize("service", PACKAGES)
def test_literals_have_the_values_of_the_model(service: ServiceName) -> None:
    model, made = load(service), module(service, "literals")
    for shape in model.shapes.values():
        if isinstance(shape, Enum):
            assert get_args(getattr(made, f"{shape.name}Type")) == shape.values
    assert get_args(made.PaginatorName) == tuple(made_names(made, "PaginatorName"))
    assert len(get_args(made.PaginatorName)) == len(model.paginators)
    assert "us-east-1" in get_args(made.RegionName)


def made_names(made: ModuleType, kind: str) -> list[str]:
    singles = [name for name in vars(made) if name.endswith(kind) and name != kind]
    return [value for name in sorted(singles) for value in get_args(getattr(made, name))]


def test_paginators_that_botocore_lacks_have_types() -> None:
    assert {"list_image_referrers", "list_pull_time_update_exclusions"} <= set(get_args(literals.PaginatorName))
    assert "nextToken" not in type_defs.ListImageReferrersRequestPaginateTypeDef.__annotations__


@pytest.mark.parametrize("service", PACKAGES)
def test_requests_have_the_members_of_the_model(service: ServiceName) -> None:
    model = load(service)
    for name in usage(model).requests & set(usage(model).order):
        made = getattr(module(service, "requests"), name)
        fields = {field.name: field.required for field in model.structure(name).fields}
        assert made.__annotations__.keys() == fields.keys(), name
        assert made.__required_keys__ == {field for field, required in fields.items() if required}, name


@pytest.mark.parametrize("service", PACKAGES)
def test_responses_require_what_is_always_there(service: ServiceName) -> None:
    model = load(service)
    for name in usage(model).responses & set(usage(model).order):
        made = getattr(module(service, "responses"), name)
        fields = {field.name: field.always for field in model.structure(name).fields}
        if name in usage(model).outputs:
            fields["ResponseMetadata"] = True
        assert made.__annotations__.keys() == fields.keys(), name
        assert made.__required_keys__ == {field for field, always in fields.items() if always}, name


@pytest.mark.parametrize("service", PACKAGES)
def test_every_type_can_be_resolved_at_run_time(service: ServiceName) -> None:
    for name in ("type_defs", "requests", "responses"):
        made = [value for value in vars(module(service, name)).values() if hasattr(value, "__required_keys__")]
        assert made
        for typed_dict in made:
            hints: dict[str, Any] = get_type_hints(typed_dict)
            assert hints.keys() == typed_dict.__annotations__.keys()


def test_answers_of_the_compatible_types_have_everything_but_the_token() -> None:
    assert type_defs.DescribeImagesResponseTypeDef.__optional_keys__ == {"nextToken"}
    assert type_defs.GetLifecyclePolicyPreviewResponseTypeDef.__optional_keys__ == {"nextToken"}


def test_structures_of_both_sides_have_a_form_for_each() -> None:
    given = get_type_hints(type_defs.ReplicationRuleTypeDef)["destinations"]
    answered = get_type_hints(type_defs.ReplicationRuleOutputTypeDef)["destinations"]
    assert (given.__origin__.__name__, answered.__origin__) == ("Sequence", list)
    either = get_args(type_defs.ReplicationConfigurationUnionTypeDef)
    assert either == (type_defs.ReplicationConfigurationTypeDef, type_defs.ReplicationConfigurationOutputTypeDef)


def test_enums_that_only_answers_hold_are_open_and_others_closed() -> None:
    responses = module("ecr", "responses")
    assert str in get_args(get_type_hints(responses.ImageScanStatus)["status"])
    assert str not in get_args(get_type_hints(responses.Repository)["imageTagMutability"])
