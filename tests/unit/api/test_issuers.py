"""How long the keys of an issuer are used, and when it is asked again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest

from oidc_issuer import Issuer, SigningKey
from running_node import Clock
from wharfside.api.sts.issuers import ATTEMPT_SECONDS, KEPT_SECONDS, Issuers
from wharfside.core.errors import RegistryError


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.close()


def with_issuers(work: Callable[[Issuers, Clock], Awaitable[None]]) -> None:
    clock = Clock()

    async def run() -> None:
        await work(Issuers(clock), clock)

    asyncio.run(run())


async def ids(issuers: Issuers, url: str, *, newer: bool = False) -> list[str | None]:
    return [key.id for key in await issuers.keys(url, newer=newer)]


def test_keys_are_used_for_an_hour(issuer: Issuer) -> None:
    async def work(issuers: Issuers, clock: Clock) -> None:
        assert await ids(issuers, issuer.url) == ["first"]
        issuer.keys = [SigningKey("ES256", "second")]
        clock.now += KEPT_SECONDS - 1
        assert await ids(issuers, issuer.url) == ["first"]
        clock.now += 1
        assert await ids(issuers, issuer.url) == ["second"]

    with_issuers(work)


def test_new_keys_are_found_before_that_but_not_asked_for_at_will(issuer: Issuer) -> None:
    async def work(issuers: Issuers, clock: Clock) -> None:
        await ids(issuers, issuer.url)
        issuer.keys = [SigningKey("ES256", "second")]
        assert await ids(issuers, issuer.url, newer=True) == ["first"]
        clock.now += ATTEMPT_SECONDS
        assert await ids(issuers, issuer.url, newer=True) == ["second"]
        assert len(issuer.requests) == 4

    with_issuers(work)


def test_an_issuer_that_fails_is_left_alone_for_a_while(issuer: Issuer) -> None:
    async def work(issuers: Issuers, clock: Clock) -> None:
        issuer.status = 503
        for _ in range(3):
            with pytest.raises(RegistryError) as refusal:
                await issuers.keys(issuer.url)
            assert refusal.value.code == "IDPCommunicationError"
        assert len(issuer.requests) == 1
        issuer.status = 200
        clock.now += ATTEMPT_SECONDS
        assert await ids(issuers, issuer.url) == ["first"]

    with_issuers(work)


def test_those_who_wait_share_one_answer(issuer: Issuer) -> None:
    async def work(issuers: Issuers, _: Clock) -> None:
        assert await asyncio.gather(*[ids(issuers, issuer.url) for _ in range(10)]) == [["first"]] * 10
        assert len(issuer.requests) == 2

    with_issuers(work)
