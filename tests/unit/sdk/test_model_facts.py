"""The vendored facts are whole, load without botocore and pydantic, and carry what the model lacks."""

from __future__ import annotations

import subprocess
import sys

import pytest

from wharfside_sdk.model.ir import ListShape, MapShape, ServiceName, Structure, load

SERVICES: tuple[ServiceName, ...] = ("ecr", "ecr-public")


def test_both_services_are_there() -> None:
    ecr, public = load("ecr"), load("ecr-public")
    assert (len(ecr.operations), len(public.operations)) == (62, 23)
    assert (ecr.target_prefix, public.target_prefix) == (
        "AmazonEC2ContainerRegistry_V20150921",
        "SpencerFrontendService",
    )
    assert (ecr.signing_name, public.signing_name) == ("ecr", "ecr-public")
    assert {ecr.json_version, public.json_version} == {"1.1"}


@pytest.mark.parametrize("service", SERVICES)
def test_every_name_leads_somewhere(service: ServiceName) -> None:
    model = load(service)
    for operation in model.operations.values():
        for name in (operation.input, operation.output):
            assert model.structure(name).http_status is None
        assert all(model.structure(name).http_status for name in operation.errors)
    for shape in model.shapes.values():
        match shape:
            case Structure():
                assert all(field.shape in model.shapes for field in shape.fields)
            case ListShape():
                assert shape.item in model.shapes
            case MapShape():
                assert {shape.key, shape.value} <= model.shapes.keys()
            case _:
                pass
    for operation in [*model.paginators, *(waiter.operation for waiter in model.waiters.values())]:
        assert operation in model.operations


def test_errors_carry_their_http_status() -> None:
    ecr = load("ecr")
    assert ecr.structure("RepositoryNotFoundException").http_status == 400
    assert ecr.structure("ServerException").http_status == 500


def test_iam_actions() -> None:
    operations = load("ecr").operations
    assert operations["PutImage"].iam_actions == ("ecr:PutImage",)
    assert operations["ListImageReferrers"].iam_actions == ("ecr:BatchGetImage",)
    assert "ecr:CreatePullTimeUpdateExclusion" in operations["RegisterPullTimeUpdateExclusion"].iam_actions
    assert load("ecr-public").operations["PutImage"].iam_actions == ("ecr-public:PutImage",)


def test_paginators_and_waiters() -> None:
    ecr = load("ecr")
    findings = ecr.paginators["DescribeImageScanFindings"]
    assert findings.result_keys == ("imageScanFindings.findings", "imageScanFindings.enhancedFindings")
    assert findings.non_aggregate_keys[0] == "registryId"
    waiter = ecr.waiters["LifecyclePolicyPreviewComplete"]
    assert (waiter.operation, waiter.delay, waiter.max_attempts) == ("GetLifecyclePolicyPreview", 5, 20)
    assert [(acceptor.state, acceptor.expected) for acceptor in waiter.acceptors] == [
        ("success", "COMPLETE"),
        ("failure", "FAILED"),
    ]
    assert load("ecr-public").waiters == {}


def test_members_without_pattern_stay_without() -> None:
    ecr = load("ecr")
    identifier = {field.name: field for field in ecr.structure("ImageIdentifier").fields}
    assert identifier["imageDigest"].pattern is None
    assert identifier["imageTag"].pattern is None


@pytest.mark.parametrize(
    ("statements", "unwanted"),
    [
        ("from wharfside_sdk.model.ir import load; load('ecr'); load('ecr-public')", "botocore pydantic pydantic_core"),
        ("from wharfside_sdk.model import validators", "botocore pydantic"),
    ],
)
def test_what_an_import_leaves_alone(statements: str, unwanted: str) -> None:
    program = f"import sys; {statements}; print(*sorted(sys.modules.keys() & set({unwanted.split()!r})))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == ""
