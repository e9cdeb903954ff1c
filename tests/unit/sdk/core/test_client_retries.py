"""When clients send a request again, and how long they wait before."""

from __future__ import annotations

import asyncio
from email.utils import formatdate
from types import SimpleNamespace
from typing import Any

import pytest
from scripted_transport import (
    ScriptedAsyncTransport,
    answer,
    client,
    configuration,
    refusal,
)

from wharfside_sdk.core.call import Call, Caller
from wharfside_sdk.core.http import HttpRequest, HttpResponse
from wharfside_sdk.core.retry import (
    SKEWED_CLOCK_CODES,
    THROTTLING_CODES,
    TRANSIENT_CODES,
    TRANSIENT_STATUSES,
    Retries,
    RetryQuota,
)
from wharfside_sdk.ecr.aio import AsyncECRClient
from wharfside_sdk.errors import ClientError, ConnectionFailed, ServiceExceptions, Timeout
from wharfside_sdk.model.ir import load

REGISTRY = {"registryId": "1", "replicationConfiguration": {"rules": []}}


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The delays that clients waited, without waiting, and without chance in them."""
    delays: list[float] = []
    monkeypatch.setattr("wharfside_sdk.core.sync.time", SimpleNamespace(sleep=delays.append))
    monkeypatch.setattr(Retries.__init__, "__defaults__", (lambda: 1.0,))
    return delays


@pytest.mark.parametrize("code", sorted(THROTTLING_CODES))
def test_throttled_calls_are_sent_again_after_seconds(code: str, slept: list[float]) -> None:
    ecr, transport = client(refusal(code), refusal(code), answer(REGISTRY))
    result = ecr.describe_registry()
    assert result["ResponseMetadata"]["RetryAttempts"] == 2
    assert slept == [1.0, 2.0]
    assert len(transport.requests) == 3


@pytest.mark.parametrize("status", sorted(TRANSIENT_STATUSES))
def test_faults_of_the_service_are_tried_again_soon(status: int, slept: list[float]) -> None:
    ecr, _ = client(refusal("ServerException", status), answer(b"<html>", status), answer(REGISTRY))
    assert ecr.describe_registry()["ResponseMetadata"]["RetryAttempts"] == 2
    assert slept == [0.05, 0.1]


@pytest.mark.parametrize("code", sorted(TRANSIENT_CODES))
def test_transient_codes_are_tried_again_soon(code: str, slept: list[float]) -> None:
    ecr, _ = client(refusal(code), answer(REGISTRY))
    ecr.describe_registry()
    assert slept == [0.05]


def test_a_status_of_429_is_throttling_unless_the_operation_models_the_code(slept: list[float]) -> None:
    ecr, _ = client(refusal("Anything", 429), answer(REGISTRY))
    ecr.describe_registry()
    assert slept == [1.0]
    ecr, _ = client(refusal("ValidationException", 429), answer(REGISTRY))
    with pytest.raises(ecr.exceptions.ValidationException):
        ecr.describe_registry()


@pytest.mark.parametrize("failure", [ConnectionFailed("cut off"), Timeout("too slow")])
def test_failed_connections_are_tried_again(failure: ConnectionFailed, slept: list[float]) -> None:
    ecr, _ = client(failure, answer(REGISTRY))
    assert ecr.describe_registry()["ResponseMetadata"]["RetryAttempts"] == 1
    assert slept == [0.05]


def test_a_failure_that_stays_is_raised_as_it_is(slept: list[float]) -> None:
    ecr, transport = client(Timeout("too slow"))
    with pytest.raises(Timeout, match="too slow"):
        ecr.describe_registry()
    assert len(transport.requests) == 3


def test_an_untrusted_certificate_is_not_tried_again(slept: list[float]) -> None:
    ecr, transport = client(ConnectionFailed("not trusted", transient=False))
    with pytest.raises(ConnectionFailed, match="not trusted"):
        ecr.describe_registry()
    assert len(transport.requests) == 1


@pytest.mark.parametrize("code", ["RepositoryNotFoundException", "LimitExceededException", "AccessDeniedException"])
def test_other_refusals_are_final(code: str, slept: list[float]) -> None:
    ecr, transport = client(refusal(code))
    with pytest.raises(ClientError) as caught:
        ecr.describe_repositories()
    assert caught.value.code == code
    assert len(transport.requests) == 1
    assert "MaxAttemptsReached" not in caught.value.response["ResponseMetadata"]


@pytest.mark.parametrize("max_attempts", [1, 2, 5])
def test_there_are_as_many_attempts_as_configured(max_attempts: int, slept: list[float]) -> None:
    ecr, transport = client(refusal("ThrottlingException"), max_attempts=max_attempts)
    with pytest.raises(ClientError) as caught:
        ecr.describe_registry()
    assert len(transport.requests) == max_attempts
    metadata = caught.value.response["ResponseMetadata"]
    assert (metadata["RetryAttempts"], metadata["MaxAttemptsReached"]) == (max_attempts - 1, True)
    assert f"(reached max retries: {max_attempts - 1})" in str(caught.value)


@pytest.mark.parametrize(
    ("headers", "delay"),
    [
        ({"x-amz-retry-after": "1500"}, 1.5),
        ({"x-amz-retry-after": "10"}, 1.0),
        ({"x-amz-retry-after": "60000"}, 6.0),
        ({"x-amz-retry-after": "-5"}, 1.0),
        ({"x-amz-retry-after": "9" * 400}, 1.0),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "3600"}, 20.0),
        ({"retry-after": "Sat, 21 Nov 2026 07:22:03 GMT"}, 1.0),
        ({"retry-after": "٣"}, 1.0),
    ],
)
def test_waits_as_long_as_the_service_asks(headers: dict[str, str], delay: float, slept: list[float]) -> None:
    ecr, _ = client(refusal("ThrottlingException", headers=headers), answer(REGISTRY))
    ecr.describe_registry()
    assert slept == [delay]


def test_delays_grow_up_to_twenty_seconds_and_vary() -> None:
    retries = Retries(RetryQuota(), 10, chance=lambda: 1.0)
    delays = [retries.after_refusal(answer(), "Throttling", modeled=False) for _ in range(7)]
    assert delays == [1, 2, 4, 8, 16, 20, 20]
    half = Retries(RetryQuota(), 10, chance=lambda: 0.5)
    assert half.after_refusal(answer(), "Throttling", modeled=False) == 0.5


def test_a_client_whose_calls_keep_failing_stops_trying_again(slept: list[float]) -> None:
    ecr, transport = client(answer(status=500))
    for _ in range(40):
        with pytest.raises(ClientError):
            ecr.describe_registry()
    # 500 tokens at 14 each are 35 retries, on top of the 40 calls.
    assert len(transport.requests) == 40 + 35
    transport.answers = [answer(REGISTRY)]
    for _ in range(14):
        ecr.describe_registry()
    transport.answers = [answer(status=500), answer(REGISTRY)]
    assert ecr.describe_registry()["ResponseMetadata"]["RetryAttempts"] == 1


def test_a_retry_that_succeeds_gives_back_what_it_took(slept: list[float]) -> None:
    ecr, transport = client(answer(REGISTRY))
    for _ in range(100):
        transport.answers = [answer(status=500), answer(REGISTRY)]
        assert ecr.describe_registry()["ResponseMetadata"]["RetryAttempts"] == 1


def test_retries_are_logged_with_their_reason(slept: list[float], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    ecr, _ = client(refusal("ThrottlingException"), ConnectionFailed("cut off"), answer(REGISTRY))
    ecr.describe_registry()
    assert [record.getMessage() for record in caplog.records] == [
        "DescribeRegistry failed: ThrottlingException. It is sent again in 1.00 s.",
        "DescribeRegistry failed: cut off. It is sent again in 0.10 s.",
    ]


def test_the_body_stays_the_same_from_attempt_to_attempt(slept: list[float]) -> None:
    ecr, transport = client(answer(status=500), answer(REGISTRY))
    ecr.describe_registry()
    assert transport.requests[0].body == transport.requests[1].body == b"{}"


@pytest.mark.parametrize("code", sorted(SKEWED_CLOCK_CODES))
def test_a_wrong_clock_is_set_by_the_service_s_once_and_for_all(
    code: str, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_700_000_000.0
    monkeypatch.setattr("wharfside_sdk.core.call.time", SimpleNamespace(time=lambda: now))

    def judge(request: HttpRequest) -> HttpResponse:
        date = formatdate(now + 3600, usegmt=True)
        right = request.headers["X-Amz-Date"] == "20231114T231320Z"
        return answer(REGISTRY) if right else refusal(code, headers={"date": date})

    ecr, transport = client(judge)
    assert ecr.describe_registry()["ResponseMetadata"]["RetryAttempts"] == 1
    assert ecr.describe_registry()["ResponseMetadata"]["RetryAttempts"] == 0
    assert len(transport.requests) == 3
    assert slept == [0.0]


def test_calls_at_the_same_time_set_the_clock_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_700_000_000.0
    monkeypatch.setattr("wharfside_sdk.core.call.time", SimpleNamespace(time=lambda: now))
    given = configuration()
    caller = Caller(load("ecr"), given, ServiceExceptions(), "min")
    calls = [Call(caller, "DescribeRegistry", {}) for _ in range(2)]
    for call in calls:
        call.request(given.credentials.current())
    refused = refusal("RequestTimeTooSkewed", headers={"date": formatdate(now + 3600, usegmt=True)})
    assert [call.received(refused) for call in calls] == [0.0, 0.0]
    assert caller.clock_skew == 3600


@pytest.mark.parametrize("date", ["", "yesterday", formatdate(1_700_000_100, usegmt=True)])
def test_a_signature_refused_at_the_right_time_is_final(
    date: str, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wharfside_sdk.core.call.time", SimpleNamespace(time=lambda: 1_700_000_000.0))
    ecr, transport = client(refusal("InvalidSignatureException", headers={"date": date}))
    with pytest.raises(ClientError):
        ecr.describe_registry()
    assert len(transport.requests) == 1


def test_a_service_whose_clock_jumps_is_not_followed_for_ever(slept: list[float]) -> None:
    dates = iter(range(0, 1_000_000_000, 100_000_000))

    def refuse(_: HttpRequest) -> HttpResponse:
        return refusal("RequestExpired", headers={"date": formatdate(next(dates), usegmt=True)})

    ecr, transport = client(refuse, max_attempts=9)
    with pytest.raises(ClientError):
        ecr.describe_registry()
    assert len(transport.requests) == 2


def test_asynchronous_clients_try_again_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Retries.__init__, "__defaults__", (lambda: 0.0,))

    async def call() -> Any:
        transport = ScriptedAsyncTransport(refusal("ThrottlingException"), Timeout("too slow"), answer(REGISTRY))
        async with AsyncECRClient(configuration=configuration(), transport=transport) as ecr:
            return await ecr.describe_registry()

    assert asyncio.run(call())["ResponseMetadata"]["RetryAttempts"] == 2
