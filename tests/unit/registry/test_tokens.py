from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wharfside.core.errors import RegistryError
from wharfside.registry.sessions import Session
from wharfside.registry.tokens import (
    DOWNLOAD_SECONDS,
    AuthorizationToken,
    Download,
    ExpiredToken,
    InvalidToken,
    open_authorization,
    open_download,
    open_page,
    open_session,
    seal_authorization,
    seal_download,
    seal_page,
    seal_session,
)
from wharfside.store.sealing import Sealer

SEALER, STRANGER = Sealer(b"k" * 32), Sealer(b"s" * 32)
NOW = 1.8e9
AUTHORIZATION = AuthorizationToken("000000000000", "us-east-1", "AKIAEXAMPLE", NOW)
SESSION = Session(
    "ASIAEXAMPLE", "000000000000", "AROAEXAMPLE", "build", NOW, NOW + 900, None, "{}", ("arn",), (("team", "x"),), "idp"
)
OF_SESSION = AuthorizationToken("000000000000", "us-east-1", "ASIAEXAMPLE", NOW, SESSION)
DOWNLOAD = Download("000000000000", "us-east-1", "team/app", "sha256:" + "0" * 64)
CALL = ["ListImages", "000000000000", "us-east-1", [["repositoryName", "team/app"]]]

Open = Callable[[Sealer, str], Any]
TOKENS: dict[str, tuple[str, Any, Open]] = {
    "authorization": (
        seal_authorization(SEALER, AUTHORIZATION),
        AUTHORIZATION,
        open_authorization,
    ),
    "session": (seal_session(SEALER, SESSION, "secret"), (SESSION, "secret"), open_session),
    "download": (
        seal_download(SEALER, DOWNLOAD, NOW),
        DOWNLOAD,
        lambda sealer, token: open_download(sealer, token, NOW),
    ),
    "page": (seal_page(SEALER, CALL, [5, "tag"]), [5, "tag"], lambda sealer, token: open_page(sealer, CALL, token)),
}
kinds = st.sampled_from(sorted(TOKENS))
REFUSALS = (InvalidToken, RegistryError)


@pytest.mark.parametrize("kind", TOKENS)
def test_tokens_say_what_was_sealed(kind: str) -> None:
    token, claims, open_token = TOKENS[kind]
    assert open_token(SEALER, token) == claims
    for word in (b"team", b"AKIA", b"000000000000"):
        assert word not in base64.urlsafe_b64decode(token)


def test_a_docker_password_carries_its_session() -> None:
    assert open_authorization(SEALER, seal_authorization(SEALER, OF_SESSION)) == OF_SESSION


@pytest.mark.parametrize("kind", TOKENS)
def test_another_key_opens_nothing(kind: str) -> None:
    token, _, open_token = TOKENS[kind]
    with pytest.raises(REFUSALS):
        open_token(STRANGER, token)


@pytest.mark.parametrize("kind", TOKENS)
@pytest.mark.parametrize("other", TOKENS)
def test_tokens_are_good_for_their_purpose_only(kind: str, other: str) -> None:
    if kind != other:
        with pytest.raises(REFUSALS):
            TOKENS[other][2](SEALER, TOKENS[kind][0])


@given(kinds, st.integers(0, 400), st.characters(codec="utf-8"))
def test_every_letter_counts(kind: str, position: int, letter: str) -> None:
    token, _, open_token = TOKENS[kind]
    position %= len(token)
    changed = token[:position] + letter + token[position + 1 :]
    if changed != token:
        with pytest.raises(REFUSALS):
            open_token(SEALER, changed)


@given(kinds, st.text(max_size=60))
def test_any_text_is_refused(kind: str, text: str) -> None:
    token, _, open_token = TOKENS[kind]
    for forged in (text, token + text if text else token[:-1], token[: len(text)]):
        with pytest.raises(REFUSALS):
            open_token(SEALER, forged)


def test_huge_tokens_are_refused() -> None:
    for _, _, open_token in TOKENS.values():
        with pytest.raises(REFUSALS):
            open_token(SEALER, "A" * 1_000_000)


def test_downloads_end_after_an_hour() -> None:
    token = seal_download(SEALER, DOWNLOAD, NOW)
    assert open_download(SEALER, token, NOW + DOWNLOAD_SECONDS - 1) == DOWNLOAD
    with pytest.raises(ExpiredToken):
        open_download(SEALER, token, NOW + DOWNLOAD_SECONDS + 1)


def test_an_expired_authorization_is_still_read() -> None:
    """Whoever holds it is told that it has expired, and not that it is wrong."""
    assert open_authorization(SEALER, TOKENS["authorization"][0]).expires_at == NOW


@pytest.mark.parametrize("place", range(4))
def test_pages_are_bound_to_the_whole_call(place: int) -> None:
    other: list[Any] = list(CALL)
    other[place] = "another"
    with pytest.raises(RegistryError) as caught:
        open_page(SEALER, other, TOKENS["page"][0])
    assert caught.value.code == "InvalidParameterException"
    assert caught.value.message == ("Invalid parameter at 'nextToken' failed to satisfy constraint: 'Invalid token'")
