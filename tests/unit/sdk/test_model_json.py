"""Reading request bodies that mean harm, and what the protocol allows beside the model."""

from __future__ import annotations

import base64
import json
import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wharfside_sdk.model.errors import InvalidRequest
from wharfside_sdk.model.strict_json import read_object
from wharfside_sdk.model.validators import request_validator

JSON_VALUES = st.recursive(
    st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "The request body is not valid JSON."),
        (b"{} {}", "The request body is not valid JSON."),
        (b'{"a":1,}', "The request body is not valid JSON."),
        (b"\xef\xbb\xbf{}", "The request body is not valid JSON."),
        (b'{"a":"\xff"}', "The request body is not valid JSON."),
        (b'{"a":"\xed\xa0\x80"}', "The request body is not valid JSON."),
        (b'{"a":"\x00"}', "The request body is not valid JSON."),
        (b" ", "The request body is not valid JSON."),
        (b'{"a":' + b"1" * 5000 + b"}", "The request body is not valid JSON."),
        (b"null", "The request body must be a JSON object."),
        (b"[]", "The request body must be a JSON object."),
        (b'"{}"', "The request body must be a JSON object."),
        (b'{"a":NaN}', "The request body has a number that is not finite."),
        (b'{"a":Infinity}', "The request body has a number that is not finite."),
        (b'{"a":-Infinity}', "The request body has a number that is not finite."),
        (b'{"a":-1e999}', "The request body has a number that is not finite."),
        (b'{"a":1,"a":1}', "The request body has the same key twice in one object."),
        (b'{"a":{"b":null,"b":1}}', "The request body has the same key twice in one object."),
        (b'{"a":1,"\\u0061":1}', "The request body has the same key twice in one object."),
        (b'{"a":' * 100_000, "The request body is nested too deeply."),
        (b'{"a":' + b"[" * 100_000, "The request body is nested too deeply."),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_what_is_no_sound_json_object_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_object(body)
    assert (caught.value.code, caught.value.message) == ("SerializationException", message)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.text(st.characters(exclude_categories=("Cs",)), max_size=5), JSON_VALUES))
def test_sound_objects_are_read_as_they_are(values: dict[str, Any]) -> None:
    assert read_object(json.dumps(values, ensure_ascii=False).encode()) == values
    assert read_object(json.dumps(values).encode()) == values


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    refused = None
    try:
        read_object(body)
    except InvalidRequest as error:
        refused = error
    assert refused is None or refused.code == "SerializationException"


def test_unknown_and_null_members_are_dropped() -> None:
    body = (
        b'{"repositoryName":"ab","registryId":null,"unknown":{"deep":[1,null]},'
        b'"imageScanningConfiguration":{"scanOnPush":null,"x":1}}'
    )
    expected = {"repositoryName": "ab", "imageScanningConfiguration": {}}
    assert request_validator("ecr", "CreateRepository").validate_json(body) == expected


def test_an_empty_body_is_an_empty_object() -> None:
    assert request_validator("ecr", "DescribeRegistry").validate_json(b"") == {}


@pytest.mark.parametrize("member", ["resourceArn", "tagKeys"])
def test_lone_surrogates_are_refused_in_unbounded_strings_too(member: str) -> None:
    values = {"resourceArn": '"arn"', "tagKeys": '["a"]'}
    values[member] = values[member].replace("a", "\\ud800", 1)
    body = f'{{"resourceArn":{values["resourceArn"]},"tagKeys":{values["tagKeys"]}}}'.encode()
    with pytest.raises(InvalidRequest) as caught:
        request_validator("ecr", "UntagResource").validate_json(body)
    assert caught.value.code == "SerializationException"


def test_pairs_of_surrogates_are_one_character() -> None:
    body = b'{"resourceArn":"\\ud83d\\ude00","tagKeys":[]}'
    assert request_validator("ecr", "UntagResource").validate_json(body)["resourceArn"] == "\N{GRINNING FACE}"


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5 << 20])
def test_layer_parts_arrive_as_bytes(size: int) -> None:
    part = os.urandom(size)
    body = json.dumps(
        {
            "repositoryName": "ab",
            "uploadId": "00000000-0000-4000-8000-000000000000",
            "partFirstByte": 0,
            "partLastByte": size,
            "layerPartBlob": base64.b64encode(part).decode(),
        }
    ).encode()
    for spelt in (body, body.replace(b"/", b"\\/")):
        assert request_validator("ecr", "UploadLayerPart").validate_json(spelt)["layerPartBlob"] == part


def test_python_values_take_bytes_and_no_text_for_blobs() -> None:
    values = {
        "repositoryName": "ab",
        "uploadId": "0" * 8 + "-0000-0000-0000-" + "0" * 12,
        "partFirstByte": 0,
        "partLastByte": 1,
    }
    validator = request_validator("ecr", "UploadLayerPart")
    assert validator.validate_python({**values, "layerPartBlob": b"\xff"})["layerPartBlob"] == b"\xff"
    with pytest.raises(InvalidRequest) as caught:
        validator.validate_python({**values, "layerPartBlob": "YQ=="})
    assert caught.value.code == "SerializationException"


def test_a_list_of_wrong_items_is_left_at_the_first() -> None:
    body = json.dumps({"resourceArn": "arn", "tagKeys": [0] * 500_000}).encode()
    with pytest.raises(InvalidRequest) as caught:
        request_validator("ecr", "UntagResource").validate_json(body)
    assert caught.value.message == "The value at 'tagKeys.1.member' must be a string."
