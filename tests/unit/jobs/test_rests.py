"""Long work leaves the database to others: it rests after each of its steps, as long as the step took."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from running_node import Clock, in_a_node
from wharfside.api.node import Node, Scope
from wharfside.core.manifests import OCI_MANIFEST, parse_manifest
from wharfside.core.mutability import TagMutability
from wharfside.jobs import lifecycle as lifecycle_jobs
from wharfside.jobs.engine import Engine
from wharfside.jobs.handlers import HANDLERS
from wharfside.jobs.work import LONGEST_REST, rest_after
from wharfside.registry import images, lifecycle, repositories
from wharfside.registry.context import Unit
from wharfside.registry.images import Push
from wharfside.registry.lifecycle_runs import STEP
from wharfside.store.images import digests_and_tags_of
from wharfside.store.jobs import enqueue

SCOPE = Scope("000000000000", "us-east-1")
SELECTION = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1}
POLICY = json.dumps({"rules": [{"rulePriority": 1, "selection": SELECTION, "action": {"type": "expire"}}]})


def push(unit: Unit, number: int) -> None:
    config = {"mediaType": "application/x-config", "digest": f"sha256:{'0' * 64}", "size": 2}
    document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": []}
    content = json.dumps(document | {"annotations": {"number": str(number)}}).encode()
    images.put_image(unit, "app", Push(content, parse_manifest(content, None), (), sparse=True))


def test_a_rest_is_as_long_as_the_step_but_has_a_bound() -> None:
    assert [rest_after(seconds) for seconds in (0.0, 0.25, LONGEST_REST, 60.0)] == [
        0.0,
        0.25,
        LONGEST_REST,
        LONGEST_REST,
    ]


def test_a_run_of_a_lifecycle_policy_rests_after_every_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []

    def rest(seconds: float) -> float:
        rests.append(seconds)
        return 0.0

    monkeypatch.setattr(lifecycle_jobs, "rest_after", rest)

    async def work(node: Node, clock: Clock) -> None:
        def prepare(unit: Unit) -> int:
            made = repositories.create_repository(unit, "app", TagMutability(), {})
            for number in range(2 * STEP + 1):
                push(unit, number)
            lifecycle.put_lifecycle_policy(unit, "app", POLICY)
            enqueue(unit.connection, lifecycle_jobs.RUN, str(made.id), {}, unit.now)
            return made.id

        app = await node.write(SCOPE, prepare, None)
        engine = Engine(node, HANDLERS)
        while await engine.turn():
            await engine.settle()
        assert len(await node.look_up(lambda connection: digests_and_tags_of(connection, app))) == 1
        assert len(rests) == 3  # after two steps with images, and the last one, which notes the evaluation
        assert all(seconds > 0 for seconds in rests)

    in_a_node(tmp_path / "data", work)
