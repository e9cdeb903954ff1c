from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from wharfside.registry.upload_ids import is_upload_id, new_upload_id, started_at

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
repositories = st.integers(1, 2**62)
moments = st.floats(1.7e9, 4.2e9)


@given(repositories, moments)
def test_ids_are_good_for_their_repository_only(repository: int, now: float) -> None:
    upload_id = new_upload_id(KEY, repository, now)
    assert str(uuid.UUID(upload_id)) == upload_id
    assert started_at(upload_id) == int(now)
    assert is_upload_id(KEY, upload_id, repository)
    assert not is_upload_id(KEY, upload_id, repository + 1)
    assert not is_upload_id(OTHER_KEY, upload_id, repository)


@given(repositories, moments, st.integers(0, 35), st.sampled_from("0123456789abcdefg-"))
def test_every_letter_counts(repository: int, now: float, position: int, letter: str) -> None:
    """Also those of the time: an old id cannot be made young."""
    upload_id = new_upload_id(KEY, repository, now)
    forged = upload_id[:position] + letter + upload_id[position + 1 :]
    assert is_upload_id(KEY, forged, repository) == (forged == upload_id)


@given(st.text(max_size=40), repositories)
def test_any_text_is_refused(text: str, repository: int) -> None:
    assert not is_upload_id(KEY, text, repository)


def test_forms_that_are_none() -> None:
    upload_id = new_upload_id(KEY, 1, 1.8e9)
    for form in (
        upload_id.upper(),
        upload_id.replace("-", ""),
        upload_id + "\n",
        f"{{{upload_id}}}",
        f"../{upload_id}",
    ):
        assert not is_upload_id(KEY, form, 1)


def test_no_two_ids_are_alike() -> None:
    assert len({new_upload_id(KEY, 1, 1.8e9) for _ in range(1000)}) == 1000
