from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wharfside.core.digests import InvalidDigest, algorithm_of, digest_of, hex_of, is_digest, parse_digest, sha256_of


@given(st.binary(max_size=200), st.sampled_from(["sha256", "sha512"]))
def test_digests_of_content(content: bytes, algorithm: str) -> None:
    digest = digest_of(content, algorithm)
    assert parse_digest(digest) == digest
    assert (algorithm_of(digest), hex_of(digest)) == (algorithm, hashlib.new(algorithm, content).hexdigest())
    assert sha256_of(content) == digest_of(content, "sha256")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sha256:",
        "sha256:" + "a" * 63,
        "sha256:" + "a" * 65,
        "sha256:" + "A" * 64,
        "sha256:" + "g" * 64,
        "sha256:" + "a" * 64 + "\n",
        " sha256:" + "a" * 64,
        "SHA256:" + "a" * 64,
        "sha512:" + "a" * 64,
        "sha256:" + "a" * 128,
        "sha384:" + "a" * 96,
        "md5:" + "a" * 32,
        "a" * 64,
        "sha256:" + "٠" * 64,
    ],
)
def test_texts_that_are_none(text: str) -> None:
    assert not is_digest(text)
    with pytest.raises(InvalidDigest):
        parse_digest(text)


@given(st.text(max_size=140))
def test_whatever_is_accepted_has_the_form(text: str) -> None:
    if is_digest(text):
        algorithm, _, digits = text.partition(":")
        assert len(digits) == {"sha256": 64, "sha512": 128}[algorithm]
        assert set(digits) <= set("0123456789abcdef")
