"""Every structure has its Pydantic model under every name it ever had, and none is loaded before it is asked for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from model_values import SERVICES
from pydantic_models import all_models, model_named, package, request_model, structures

from wharfside_sdk.ecr import models as ecr
from wharfside_sdk.model.ir import ServiceName, load
from wharfside_sdk.models import Model, OutputModel, RequestModel, ResponseModel

SEEDS = Path(__file__).parents[4] / "shared" / "data" / "seed-structures.json"


@pytest.mark.parametrize("service", SERVICES)
def test_every_model_can_be_built(service: ServiceName) -> None:
    """Building is put off, so that a mistake in a model would show at its first use only."""
    models = all_models(service)
    assert len(models) > {"ecr": 200, "ecr-public": 60}[service]
    for model in models.values():
        model.model_rebuild(force=True)
        assert model.__pydantic_complete__
        assert model.model_json_schema()["type"] == "object"


@pytest.mark.parametrize("service", SERVICES)
def test_every_structure_has_a_model_of_exactly_its_members(service: ServiceName) -> None:
    model = load(service)
    outputs = {operation.output for operation in model.operations.values()}
    for name, structure in structures(model).items():
        members = [field.name for field in structure.fields]
        named = model_named(service, name)
        added = ["ResponseMetadata"] if name in outputs else []
        assert sorted(named.model_fields) == sorted(members + added), name
        assert issubclass(named, OutputModel if name in outputs else Model)
        if issubclass(named, RequestModel):
            required = {member for member, field in named.model_fields.items() if field.is_required()}
            assert required == {field.name for field in structure.fields if field.required}, name
        output = getattr(package(service), f"{name}Output", None)
        if output is not None:
            assert issubclass(output, ResponseModel)
            assert list(output.model_fields) == members


def test_names_of_stubs_and_of_earlier_eras_are_the_same_classes() -> None:
    assert ecr.CreateRepositoryRequestRequestTypeDef is ecr.CreateRepositoryRequest
    assert ecr.CreateRepositoryRequestTypeDef is ecr.CreateRepositoryRequest
    assert ecr.CreateRepositoryResponseTypeDef is ecr.CreateRepositoryResponse
    assert ecr.DescribeImagesRequestDescribeImagesPaginateTypeDef is ecr.DescribeImagesRequestPaginate
    assert ecr.DescribeImageScanFindingsRequestImageScanCompleteWaitTypeDef is ecr.DescribeImageScanFindingsRequestWait
    assert ecr.ReplicationRuleOutputTypeDef is ecr.ReplicationRuleOutput
    assert ecr.WaiterConfigTypeDef is ecr.WaiterConfig
    assert ecr.BaseValidatorModel is Model


@pytest.mark.parametrize("service", SERVICES)
def test_every_request_has_its_names(service: ServiceName) -> None:
    for name, operation in load(service).operations.items():
        if load(service).structure(operation.input).fields:
            for alias in (f"{name}RequestTypeDef", f"{name}RequestRequestTypeDef"):
                assert model_named(service, alias) is request_model(service, name)


def test_seeds_names_and_members_are_all_there() -> None:
    """What documentation of other packages, of 2021 to 2024, lists."""
    if not SEEDS.is_file():
        pytest.skip("there are no seeds in ../shared/data")
    seeds: dict[str, dict[str, Any]] = json.loads(SEEDS.read_text())
    for page, named in seeds.items():
        service: ServiceName = "ecr-public" if page.startswith("004") else "ecr"
        for name, members in named.items():
            assert members.keys() <= model_named(service, name).model_fields.keys(), (page, name)


def test_unknown_names_are_no_attributes() -> None:
    with pytest.raises(AttributeError, match="CreateRepositorRequest"):
        package("ecr").CreateRepositorRequest  # noqa: B018
    assert "CreateRepositoryRequestRequestTypeDef" in dir(ecr)


def in_a_fresh_interpreter(program: str) -> Any:
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    return json.loads(result.stdout)


def test_the_package_alone_needs_no_pydantic() -> None:
    loaded = in_a_fresh_interpreter("""
import json, sys
import wharfside_sdk.ecr.models, wharfside_sdk.ecr_public.models
print(json.dumps(list(sys.modules)))
""")
    assert not {"pydantic", "pydantic_core", "botocore"} & set(loaded)


def test_a_model_loads_its_topic_and_builds_nothing_else() -> None:
    loaded, built = in_a_fresh_interpreter("""
import json, sys
from wharfside_sdk.ecr.models import CreateRepositoryRequest as Used
Used(repositoryName="ab")
topics = [name for name in sys.modules if name.startswith("wharfside_sdk.ecr.models.")]
classes = [value for topic in topics for value in vars(sys.modules[topic]).values() if isinstance(value, type)]
built = {made.__name__ for made in classes if vars(made).get("__pydantic_complete__")}
print(json.dumps([sorted(topics), sorted(built)]))
""")
    assert loaded == ["wharfside_sdk.ecr.models.repository", "wharfside_sdk.ecr.models.tags"]
    assert built == ["CreateRepositoryRequest"]
