from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wharfside.api.basic import basic_credentials


def encoded(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("value", "credentials"),
    [
        (encoded("AWS:secret"), ("AWS", "secret")),
        (encoded("AWS:with:colon"), ("AWS", "with:colon")),
        (encoded(":"), ("", "")),
        (encoded("AWS"), ("AWS", "")),
        ("basic " + encoded("AWS:x")[6:], ("AWS", "x")),
        ("Bearer abc", ("", "")),
        ("", ("", "")),
        ("Basic", ("", "")),
        ("Basic !!!", ("", "")),
        (encoded("ä:ö"), ("", "")),
        ("Basic " + "QVdT" * 4000, ("", "")),
    ],
)
def test_credentials(value: str, credentials: tuple[str, str]) -> None:
    assert basic_credentials(value) == credentials


@given(st.text())
def test_no_text_is_an_error(value: str) -> None:
    user, password = basic_credentials(value)
    assert isinstance(user, str)
    assert isinstance(password, str)
