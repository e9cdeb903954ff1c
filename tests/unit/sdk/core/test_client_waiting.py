"""Waiters end where botocore's end, with the same errors, and ours also where theirs ask in vain."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from botocore import waiter as botocore_waiter
from botocore.exceptions import ClientError as TheirClientError
from botocore.exceptions import WaiterError as TheirWaiterError
from hypothesis import given
from hypothesis import strategies as st
from scripted_transport import ScriptedAsyncTransport, answer, client, configuration

from wharfside_sdk.core.waiting import Wait
from wharfside_sdk.ecr.aio import AsyncECRClient
from wharfside_sdk.errors import WaiterError
from wharfside_sdk.model.ir import Enum, Waiter, load

BOTOCORE: Any = botocore_waiter
"""Its stubs know less than its classes can do."""
ECR = load("ecr")
IMAGE = {"repositoryName": "app", "imageId": {"imageTag": "latest"}}
_status_shape = ECR.shapes["ScanStatus"]
assert isinstance(_status_shape, Enum)
STATUSES = _status_shape.values

Response = dict[str, Any]
Error = {"Error": {"Code": "ScanNotFoundException", "Message": "no scan"}}


def _response(waiter: Waiter, status: str) -> Response:
    return {"imageScanStatus": {"status": status}} if waiter.operation.endswith("Findings") else {"status": status}


def _outcome(waiter: Waiter, responses: list[Response], attempts: int) -> tuple[int, str | None, Any]:
    """How many answers were taken, and how it ended."""
    wait = Wait(waiter, {"MaxAttempts": attempts})
    for number, response in enumerate(responses, 1):
        try:
            if wait.received(response) is None:
                return number, None, None
        except WaiterError as error:
            return number, str(error), error.last_response
    raise AssertionError("it still waits")


def _botocores_outcome(waiter: Waiter, responses: list[Response], attempts: int) -> tuple[int, str | None, Any]:
    config = BOTOCORE.SingleWaiterConfig(
        {
            "operation": waiter.operation,
            "delay": 0,
            "maxAttempts": waiter.max_attempts,
            "acceptors": [
                {"state": one.state, "matcher": one.matcher, "argument": one.argument, "expected": one.expected}
                for one in waiter.acceptors
            ],
        }
    )
    taken: list[Response] = []

    def call(**_: Any) -> Response:
        taken.append(responses[len(taken)])
        if "Error" in taken[-1]:
            raise TheirClientError(taken[-1], waiter.operation)  # pyright: ignore[reportArgumentType]
        return taken[-1]

    waiting = BOTOCORE.Waiter(waiter.name, config, BOTOCORE.NormalizedOperationMethod(call))
    try:
        waiting.wait(WaiterConfig={"MaxAttempts": attempts})
    except TheirWaiterError as error:
        return len(taken), str(error), error.last_response
    return len(taken), None, None


@pytest.mark.parametrize("waiter", ECR.waiters.values(), ids=lambda waiter: waiter.name)
@given(st.data())
def test_ends_where_botocore_ends(waiter: Waiter, data: st.DataObject) -> None:
    answers = st.sampled_from([*STATUSES, "EXPIRED"]).map(lambda status: _response(waiter, status))
    odd: list[Response] = [Error, {}, {"imageScanStatus": None}, {"imageScanStatus": "COMPLETE"}]
    responses = data.draw(st.lists(answers | st.sampled_from(odd), min_size=6, max_size=6))
    attempts = data.draw(st.integers(1, 6))
    assert _outcome(waiter, responses, attempts) == _botocores_outcome(waiter, responses, attempts)


def test_the_models_know_only_acceptors_that_are_understood() -> None:
    matchers = {one.matcher for name in ("ecr", "ecr-public") for one in _acceptors(name)}
    assert matchers <= {"path", "error"}


def _acceptors(service: Any) -> list[Any]:
    return [acceptor for waiter in load(service).waiters.values() for acceptor in waiter.acceptors]


def test_ours_ends_on_every_status_but_those_on_the_way() -> None:
    waiter = ECR.waiters["ImageScanFindingsAvailable"]
    ends: dict[str, set[str]] = {"success": set(), "failure": set(), "on": set()}
    for status in STATUSES:
        try:
            ends["success" if Wait(waiter, None).received(_response(waiter, status)) is None else "on"].add(status)
        except WaiterError:
            ends["failure"].add(status)
    assert ends["success"] == {"COMPLETE", "ACTIVE"}
    assert ends["on"] == {"IN_PROGRESS", "PENDING"}


def test_asks_again_after_the_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("wharfside_sdk.core.sync.time", SimpleNamespace(sleep=slept.append))
    ecr, transport = client(
        answer({"imageScanStatus": {"status": "PENDING"}}),
        answer({"imageScanStatus": {"status": "IN_PROGRESS"}}),
        answer({"imageScanStatus": {"status": "COMPLETE"}}),
    )
    ecr.get_waiter("image_scan_complete").wait(**IMAGE)  # pyright: ignore[reportArgumentType]
    assert slept == [5, 5]
    assert len(transport.requests) == 3


def test_a_refusal_is_the_last_response(monkeypatch: pytest.MonkeyPatch) -> None:
    ecr, _ = client(answer({"__type": "ScanNotFoundException", "message": "no scan"}, 400))
    with pytest.raises(WaiterError) as caught:
        ecr.get_waiter("image_scan_complete").wait(**IMAGE)  # pyright: ignore[reportArgumentType]
    assert str(caught.value) == ("Waiter ImageScanComplete failed: An error occurred (ScanNotFoundException): no scan")
    assert caught.value.last_response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_asynchronous_waiters_wait_too() -> None:
    async def wait() -> int:
        transport = ScriptedAsyncTransport(answer({"status": "IN_PROGRESS"}), answer({"status": "COMPLETE"}))
        async with AsyncECRClient(configuration=configuration(), transport=transport) as ecr:
            waiter = ecr.get_waiter("lifecycle_policy_preview_complete")
            await waiter.wait(repositoryName="app", WaiterConfig={"Delay": 0})
        return len(transport.script.requests)

    assert asyncio.run(wait()) == 2


def test_asynchronous_waiters_fail_too() -> None:
    async def wait() -> None:
        transport = ScriptedAsyncTransport(answer({"status": "FAILED"}))
        ecr = AsyncECRClient(configuration=configuration(), transport=transport)
        await ecr.get_waiter("lifecycle_policy_preview_complete").wait(repositoryName="app")

    with pytest.raises(WaiterError, match="terminal failure state"):
        asyncio.run(wait())


def test_an_unknown_waiter_is_refused() -> None:
    ecr, _ = client(answer())
    with pytest.raises(ValueError, match=r"Waiter does not exist: nothing\. There are: image_scan_complete, "):
        ecr.get_waiter("nothing")  # pyright: ignore[reportArgumentType, reportCallIssue]
    assert ecr.waiter_names == [
        "image_scan_complete",
        "image_scan_findings_available",
        "lifecycle_policy_preview_complete",
    ]
