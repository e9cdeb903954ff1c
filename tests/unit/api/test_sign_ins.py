"""Failed sign-ins: who has to wait, for how long, and who never has to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wharfside.api import sign_ins
from wharfside.api.sign_ins import FORGOTTEN, FREE, LONGEST, FailedSignIns, network_of
from wharfside.core.errors import Throttled

GUESSER, OTHER = "192.0.2.1", "192.0.2.2"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def failed(clock: Clock) -> FailedSignIns:
    return FailedSignIns(clock)


def waits(failed: FailedSignIns, client: str, key: str = "") -> int:
    """Seconds for which a client is sent away; 0 when it is let through."""
    try:
        failed.require_patience(client, key)
    except Throttled as refusal:
        return refusal.retry_after
    return 0


def test_delays_grow_up_to_a_bound(failed: FailedSignIns, clock: Clock) -> None:
    for _ in range(FREE):
        failed.fail(GUESSER)
        assert waits(failed, GUESSER) == 0
    seen = []
    for _ in range(8):
        failed.fail(GUESSER)
        before = clock.now
        while waits(failed, GUESSER):
            clock.now += 0.125
        seen.append(clock.now - before)
    assert seen == [0.25, 0.5, 1.0, 2.0, 4.0, LONGEST, LONGEST, LONGEST]


def test_nobody_else_waits(failed: FailedSignIns) -> None:
    for _ in range(100):
        failed.fail(GUESSER)
    assert waits(failed, GUESSER) == LONGEST
    assert waits(failed, OTHER) == 0


def test_a_success_clears(failed: FailedSignIns) -> None:
    for _ in range(100):
        failed.fail(GUESSER)
    failed.forgive(GUESSER)
    assert waits(failed, GUESSER) == 0
    failed.fail(GUESSER)
    assert waits(failed, GUESSER) == 0


def test_an_access_key_that_was_good_here_is_not_held_up_by_others(failed: FailedSignIns) -> None:
    failed.succeed(GUESSER, "AKIAGOOD")
    for _ in range(100):
        failed.fail(GUESSER, "AKIABAD")
    assert waits(failed, GUESSER, "AKIABAD") == LONGEST
    assert waits(failed, GUESSER, "AKIAGOOD") == 0
    failed.fail(GUESSER, "AKIAGOOD")  # somebody guesses its secret
    assert waits(failed, GUESSER, "AKIAGOOD") == LONGEST


def test_failures_are_forgotten(failed: FailedSignIns, clock: Clock) -> None:
    for _ in range(100):
        failed.fail(GUESSER)
    clock.now += FORGOTTEN + 1
    failed.fail(GUESSER)
    assert waits(failed, GUESSER) == 0


@pytest.mark.parametrize("client", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "", "not an address"])
def test_programs_on_this_machine_never_wait(failed: FailedSignIns, client: str) -> None:
    for _ in range(100):
        failed.fail(client)
    assert waits(failed, client) == 0


def test_what_one_holder_of_ipv6_addresses_has_is_counted_together(failed: FailedSignIns) -> None:
    for number in range(100):
        failed.fail(f"2001:db8:1:2::{number:x}")
    assert waits(failed, "2001:db8:1:2:ffff::1") == LONGEST
    assert waits(failed, "2001:db8:1:3::1") == 0
    assert network_of("::ffff:192.0.2.1") == network_of(GUESSER)
    assert network_of("fe80::1%eth0") == network_of("fe80::2")


def test_the_table_is_bounded(monkeypatch: pytest.MonkeyPatch, failed: FailedSignIns) -> None:
    monkeypatch.setattr(sign_ins, "MOST_ADDRESSES", 5)
    monkeypatch.setattr(sign_ins, "MOST_KNOWN", 5)
    for _ in range(100):
        failed.fail(GUESSER)
    for number in range(20):
        failed.succeed("192.0.2.77", f"AKIA{number}")
        failed.fail(f"198.51.100.{number}")
    assert len(failed._failures) == len(failed._known) == 5
    assert waits(failed, GUESSER) == 0


@given(st.lists(st.tuples(st.sampled_from(["fail", "succeed", "wait"]), st.floats(0, 20)), max_size=100))
def test_nobody_waits_longer_than_the_longest_time(steps: list[tuple[str, float]]) -> None:
    clock = Clock()
    failed = FailedSignIns(clock)
    for what, seconds in steps:
        if what == "wait":
            clock.now += seconds
        elif what == "fail":
            failed.fail(GUESSER)
        else:
            failed.forgive(GUESSER)
        assert waits(failed, GUESSER) <= LONGEST
    clock.now += LONGEST
    assert waits(failed, GUESSER) == 0
