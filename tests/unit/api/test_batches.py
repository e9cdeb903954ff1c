"""Batches: in order, soon, never too much, and with nobody waiting."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence

import pytest

from wharfside.api.batches import Batches


class Written:
    """What was written, batch by batch; with a gate before it that a test opens."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.dropped = 0
        self.gate = threading.Event()
        self.gate.set()
        self.fails = False

    def write(self, items: Sequence[int]) -> None:
        self.gate.wait(30)
        if self.fails:
            raise OSError("no room")
        self.batches.append(list(items))

    def drop(self, count: int) -> None:
        self.dropped += count

    @property
    def items(self) -> list[int]:
        return [item for batch in self.batches for item in batch]


def test_everything_is_written_in_order() -> None:
    written = Written()
    batches = Batches("test", 1000, written.write, written.drop)
    for number in range(300):
        batches.add(number)
        if number % 100 == 0:
            time.sleep(0.6)
    batches.close(30)
    assert written.items == list(range(300))
    assert 1 < len(written.batches) < 10
    assert written.dropped == 0


def test_what_is_added_is_written_within_a_second_without_closing() -> None:
    written = Written()
    batches = Batches("test", 10, written.write, written.drop)
    batches.add(1)
    deadline = time.monotonic() + 10
    began = time.monotonic()
    while not written.batches and time.monotonic() < deadline:
        time.sleep(0.01)
    assert written.items == [1]
    assert time.monotonic() - began < 5
    batches.close(30)


def test_too_much_is_dropped_and_counted_and_nobody_waits() -> None:
    written = Written()
    written.gate.clear()  # what it writes to is blocked
    batches = Batches("test", 10, written.write, written.drop)
    batches.add(-1)
    time.sleep(0.8)
    for number in range(50):
        batches.add(number)
    assert written.dropped == 40
    written.gate.set()
    batches.close(30)
    assert written.items == [-1, *range(10)]


def test_what_could_not_be_written_is_counted_and_the_next_is_written(caplog: pytest.LogCaptureFixture) -> None:
    written = Written()
    written.fails = True
    batches = Batches("test", 10, written.write, written.drop)
    batches.add(1)
    with caplog.at_level(logging.ERROR):
        deadline = time.monotonic() + 10
        while written.dropped == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
    written.fails = False
    batches.add(2)
    batches.close(30)
    assert (written.dropped, written.items) == (1, [2])
    assert "recording failed" in caplog.text


def test_closing_does_not_wait_for_ever() -> None:
    written = Written()
    written.gate.clear()
    batches = Batches("test", 10, written.write, written.drop)
    batches.add(1)
    began = time.monotonic()
    batches.close(0.2)
    assert time.monotonic() - began < 10
    written.gate.set()
