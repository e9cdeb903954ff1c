"""A recorded server: no answer leaves before its fsyncs, and what a crash leaves behind at any moment verifies."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from crash.disk import Disk
from crash.durability import early_answers, lost_sessions
from crash.recorded_registry import (
    ANSWERS_PER_IMAGE,
    Acknowledged,
    RecordedRegistry,
    acknowledged_at,
    acknowledgements,
    broken,
    push_in_every_way,
    sessions_of,
)
from crash.trace import Event
from registry_process import RegistryProcess, free_port
from sealed_content import opener

REPOSITORIES = ("crash/one", "crash/two")


@dataclass(frozen=True)
class Recording:
    root: Path
    events: list[Event]
    contents: dict[str, bytes]
    sealed: bool

    def early_answers(self, events: list[Event]) -> list[str]:
        opened = opener(self.root) if self.sealed else bytes
        return early_answers(events, str(self.root), opened=opened)

    def lost_sessions(self, events: list[Event]) -> list[str]:
        return lost_sessions(events, str(self.root), sealed=self.sealed)


@pytest.fixture(
    scope="module",
    params=["--workers=1", "--workers=2", "--workers=2 --encryption=off"],
    ids=["one worker", "two workers", "two workers, plain"],
)
def recording(
    request: pytest.FixtureRequest, tool: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Recording:
    """Two clients push at the same time into two repositories of a registry under strace."""
    tool("strace")
    registry = RecordedRegistry(
        tmp_path_factory.mktemp("recorded") / "data", free_port(), options=tuple(request.param.split())
    )
    registry.start()
    try:
        for repository in REPOSITORIES:
            registry.create_repository(repository)
        with ThreadPoolExecutor() as clients:
            pushes = [clients.submit(push_in_every_way, registry, repository, 3) for repository in REPOSITORIES]
            contents = pushes[0].result(120) | pushes[1].result(120)
    finally:
        registry.stop()
    return Recording(registry.data, registry.events(), contents, "off" not in request.param)


def test_no_answer_leaves_before_its_fsyncs(recording: Recording) -> None:
    answers = acknowledgements(recording.events, recording.contents)
    assert len(answers) == len(REPOSITORIES) * 3 * ANSWERS_PER_IMAGE, "an answer was not recognised"
    assert recording.early_answers(recording.events) == []


def test_acknowledged_chunks_and_parts_are_never_out_of_reach(recording: Recording) -> None:
    """At no moment could a crash lose them, not even while their blob was being completed."""
    assert recording.lost_sessions(recording.events) == []


def test_without_its_fsyncs_the_same_recording_is_refused(recording: Recording) -> None:
    """The checker is worth something: it misses the fsyncs of each kind of file when they are taken away."""
    for kind in ("-wal", "/uploads/", "/blobs/sha256/"):
        kept = [event for event in recording.events if not ("sync" in event.name and kind in event.path)]
        assert len(kept) < len(recording.events)
        assert recording.early_answers(kept) != [], kind
    without_log = [event for event in recording.events if not event.path.endswith("-wal")]
    assert recording.lost_sessions(without_log) != []
    if recording.sealed:
        without_tails = [event for event in recording.events if not event.path.endswith(".tail")]
        assert recording.lost_sessions(without_tails) != []


@pytest.mark.parametrize("moments", [5, pytest.param(60, marks=[pytest.mark.slow, pytest.mark.timeout(1200)])])
def test_what_was_acknowledged_survives_power_loss(recording: Recording, tmp_path: Path, moments: int) -> None:
    chance = Random(moments)
    answers = acknowledgements(recording.events, recording.contents)
    sessions = sessions_of(answers, recording.contents)
    first = next(place for place, event in enumerate(recording.events) if event.end > answers[0].answered)
    disk, applied = Disk(str(recording.root)), 0
    for number, place in enumerate(sorted(chance.sample(range(first, len(recording.events)), moments))):
        disk.apply(recording.events[applied : place + 1])
        applied = place + 1
        promised = acknowledged_at(answers, recording.events[place].end, recording.contents)
        copy = tmp_path / f"copy{number}" / "data"
        copy.parent.mkdir()
        # By turns: nothing but what is sure, what chance lets survive, and the death of the process alone.
        if number % 3 == 2:
            disk.after_kill(copy)
        else:
            disk.after_power_loss(copy, chance if number % 3 else None)
        assert_verifies(copy, promised, sessions)


def assert_verifies(copy: Path, promised: Acknowledged, sessions: dict[str, bytes]) -> None:
    """Start a registry on what a crash left, and look at everything that was promised or is visible."""
    registry = RegistryProcess(copy, free_port())
    registry.start()
    client = registry.oci_client()
    try:
        assert promised.missing(client, sessions) == []
        assert broken(client, REPOSITORIES) == []
    finally:
        client.close()
        registry.stop()
    database = sqlite3.connect(copy / "registry.db")
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    database.close()
