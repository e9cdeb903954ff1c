"""How keys are named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wharfside.core.kms import KeyReference, alias_arn, is_alias, key_arn, parse_key_reference

ACCOUNT, REGION, ID = "111122223333", "eu-west-1", "0c1bd4f4-3c2a-4c6e-9a53-0d7c5ab1a7a5"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ID, KeyReference(ID, None)),
        (key_arn(ACCOUNT, REGION, ID), KeyReference(ID, None, REGION, ACCOUNT)),
        ("alias/aws/ecr", KeyReference(None, "alias/aws/ecr")),
        (alias_arn(ACCOUNT, REGION, "alias/app"), KeyReference(None, "alias/app", REGION, ACCOUNT)),
        (f"arn:aws-cn:kms:{REGION}:{ACCOUNT}:key/{ID}", KeyReference(ID, None, REGION, ACCOUNT)),
        ("", None),
        ("alias/", None),
        ("alias/a b", None),
        (f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/a b", None),
        (f"arn:aws:kms:{REGION}:{ACCOUNT}:{ID}", None),
        (f"arn:aws:kms:{REGION}::key/{ID}", None),
        (f"arn:aws:s3:{REGION}:{ACCOUNT}:key/{ID}", None),
        (f"{ID}\n", None),
        ("no key", None),
    ],
)
def test_references(text: str, expected: KeyReference | None) -> None:
    assert parse_key_reference(text) == expected


@given(st.text())
def test_any_text_is_a_reference_or_none(text: str) -> None:
    found = parse_key_reference(text)
    assert found is None or (found.id is None) != (found.alias is None)


@pytest.mark.parametrize(("text", "expected"), [("alias/a", True), ("alias/" + "a" * 251, False), ("a", False)])
def test_aliases(text: str, expected: bool) -> None:
    assert is_alias(text) is expected
