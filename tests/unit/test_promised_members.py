"""The check of answers finds what is missing, in whatever depth; it is part of every client of the tests."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from boto3.session import Session

from promised_members import check_every_answer, check_promises, missing_members
from wharfside_sdk.model.ir import load


def test_members_are_missed_in_lists_and_structures() -> None:
    answer = {
        "images": [
            {
                "registryId": "1",
                "repositoryName": "a",
                "imageId": {},
                "imageManifest": "",
                "imageManifestMediaType": "",
            },
            {"registryId": "1", "repositoryName": "a", "imageId": {}, "imageManifest": ""},
        ],
        "failures": [{"imageId": {}}],
    }
    assert list(missing_members(load("ecr"), "BatchGetImageResponse", answer)) == [
        "images.1.imageManifestMediaType",
        "failures.0.failureCode",
        "failures.0.failureReason",
    ]


def test_what_is_optional_is_not_missed() -> None:
    check_promises("ecr", "DescribeRepositories", {"repositories": []})


def test_an_answer_of_a_client_is_checked() -> None:
    client = Session().client("ecr", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    check_every_answer(client)
    model = client.meta.service_model.operation_model("DescribeRepositories")
    response = SimpleNamespace(status_code=200)
    with pytest.raises(AssertionError, match="DescribeRepositories lacks repositories"):
        client.meta.events.emit(
            "after-call.ecr.DescribeRepositories", http_response=response, parsed={}, model=model, context={}
        )
