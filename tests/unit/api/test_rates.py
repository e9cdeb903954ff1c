"""Token buckets: what they let through, whoever asks and whenever."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wharfside.api import rates
from wharfside.api.rates import BURST_SECONDS, ECR_RATES, Buckets, Rates
from wharfside.core.errors import Throttled

PUT = "ecr:PutImage"
STEPS = st.lists(st.one_of(st.just(0.0), st.floats(0.001, 30)), max_size=80)


class Clock:
    """Seconds that go only when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def takes(buckets: Buckets, *owner: str) -> int | None:
    """None when a request is let through, else the seconds to wait."""
    try:
        buckets.take(PUT, *owner)
    except Throttled as refusal:
        return refusal.retry_after
    return None


@given(rate=st.floats(0.05, 500), workers=st.integers(1, 8), steps=STEPS)
def test_never_more_than_the_burst_and_the_rate(rate: float, workers: int, steps: list[float]) -> None:
    clock = Clock()
    buckets = Buckets({"PutImage": rate}, workers, clock)
    share, passed = rate / workers, 0
    for step in steps:
        clock.now += step
        passed += takes(buckets, "a") is None
        assert passed <= max(1.0, share * BURST_SECONDS) + share * clock.now + 1e-6


@given(rate=st.floats(0.05, 500), steps=STEPS)
def test_whoever_waits_as_told_is_let_through(rate: float, steps: list[float]) -> None:
    clock = Clock()
    buckets = Buckets({"PutImage": rate}, 1, clock)
    for step in steps:
        clock.now += step
        wait = takes(buckets, "a")
        if wait is not None:
            assert 1 <= wait <= 1 / rate + 1
            clock.now += wait
            assert takes(buckets, "a") is None


@given(owners=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy")), max_size=60))
def test_owners_do_not_share_a_bucket(owners: list[tuple[str, str]]) -> None:
    buckets = Buckets({"PutImage": 2}, 1, Clock())
    passed: dict[tuple[str, str], int] = {}
    for owner in owners:
        if takes(buckets, *owner) is None:
            passed[owner] = passed.get(owner, 0) + 1
    assert passed == {owner: min(4, owners.count(owner)) for owner in owners}


def test_other_operations_are_not_limited() -> None:
    buckets = Buckets({"PutImage": 1}, 1, Clock())
    for _ in range(50):
        buckets.take("ecr:BatchGetImage", "a")
    assert len(buckets) == 0


def test_there_are_never_more_buckets_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MOST_BUCKETS", 3)
    buckets = Buckets({"PutImage": 0.5}, 1, Clock())
    assert [takes(buckets, owner) for owner in "aa"] == [None, 2]
    for owner in "bcdefg":
        assert takes(buckets, owner) is None
        assert len(buckets) <= 3
    assert takes(buckets, "a") is None  # forgotten, and so full again


def test_principals_have_their_own_limits_besides_the_account() -> None:
    limits = Rates({"PutImage": 2}, {"PutImage": 1}, clock=Clock())
    passed = {"account": 0, "alice": 0, "bob": 0}
    for name in ("alice", "bob") * 5:
        try:
            limits.take_of_principal(name, "r", PUT)
            passed[name] += 1
            limits.take("1", "r", PUT)
            passed["account"] += 1
        except Throttled:
            pass
    assert passed == {"account": 4, "alice": 2, "bob": 2}


def test_threads_together_get_no_more() -> None:
    buckets = Buckets({"PutImage": 50}, 1, Clock())
    passed: list[int] = []

    def take() -> None:
        passed.append(sum(takes(buckets, "a") is None for _ in range(100)))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum(passed) == 100


def test_amazons_figures_are_of_actions_that_there_are() -> None:
    from wharfside.config import load_settings

    assert load_settings(None, rates=dict(ECR_RATES)).rates == ECR_RATES
