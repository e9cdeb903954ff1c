"""Credentials that are refreshed: when, by how many threads, and what happens when that fails."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from configured_account import Account

from wharfside_sdk.configuration import Credentials, resolve
from wharfside_sdk.configuration.credentials import DeferredCredentials, RefreshingCredentials, StaticCredentials
from wharfside_sdk.errors import ConfigurationError, NoCredentials

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Clock:
    """A time that tests move, and credentials that last an hour from when they are had."""

    def __init__(self) -> None:
        self.now = START
        self.fetched = 0
        self.failing = False

    def fetch(self) -> Credentials:
        self.fetched += 1
        if self.failing:
            raise NoCredentials("the metadata service is away")
        return Credentials(f"AKIA{self.fetched}", "secret", "token", self.now + HOUR)

    def source(self) -> RefreshingCredentials:
        return RefreshingCredentials(self.fetch, lambda: self.now)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_kept_until_a_quarter_of_an_hour_before_the_end(clock: Clock) -> None:
    source = clock.source()
    assert not source.fresh()
    assert source.current().access_key == "AKIA1"
    clock.now += timedelta(minutes=45)
    assert source.fresh()
    assert source.current().access_key == "AKIA1"
    clock.now += timedelta(seconds=1)
    assert not source.fresh()
    assert source.current().access_key == "AKIA2"
    assert source.fresh()


def test_a_failure_while_the_old_ones_are_good(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    source = clock.source()
    source.current()
    clock.failing = True
    clock.now += timedelta(minutes=46)
    with caplog.at_level(logging.WARNING):
        assert [source.current().access_key for _ in range(5)] == ["AKIA1"] * 5
    assert clock.fetched == 2, "one attempt, not one for every request"
    assert "the metadata service is away" in caplog.text
    assert "secret" not in caplog.text
    clock.now += timedelta(seconds=31)
    clock.failing = False
    assert source.current().access_key == "AKIA3"


def test_a_failure_shortly_before_the_end_is_raised(clock: Clock) -> None:
    source = clock.source()
    source.current()
    clock.failing = True
    clock.now += timedelta(minutes=51)
    with pytest.raises(NoCredentials, match="is away"):
        source.current()
    clock.failing = False
    assert source.current().access_key == "AKIA3"


def test_new_ones_that_have_expired_are_refused(clock: Clock) -> None:
    source = RefreshingCredentials(lambda: Credentials("AKIA", "s", None, START), lambda: clock.now)
    with pytest.raises(NoCredentials, match="have expired at 2026-01-02"):
        source.current()


def test_many_threads_fetch_once(clock: Clock) -> None:
    def slow() -> Credentials:
        time.sleep(0.1)
        return clock.fetch()

    source = RefreshingCredentials(slow, lambda: clock.now)
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(source.current().access_key)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["AKIA1"] * 8


def test_nobody_waits_for_an_early_refresh(clock: Clock) -> None:
    started, finish = threading.Event(), threading.Event()

    def slow() -> Credentials:
        started.set()
        assert finish.wait(10)
        return clock.fetch()

    source = RefreshingCredentials(lambda: slow() if clock.fetched else clock.fetch(), lambda: clock.now)
    source.current()
    clock.now += timedelta(minutes=46)
    refreshing = threading.Thread(target=source.current)
    refreshing.start()
    assert started.wait(10)
    assert source.current().access_key == "AKIA1"
    finish.set()
    refreshing.join()
    assert source.current().access_key == "AKIA2"


def test_a_deferred_source_is_looked_for_once_it_is_there() -> None:
    looked: list[int] = []

    def find() -> StaticCredentials:
        looked.append(1)
        if len(looked) == 1:
            raise NoCredentials("not yet")
        return StaticCredentials(Credentials("AKIA", "s"))

    source = DeferredCredentials(find)
    with pytest.raises(NoCredentials):
        source.current()
    assert not source.fresh()
    assert [source.current().access_key for _ in range(3)] == ["AKIA"] * 3
    assert source.fresh()
    assert len(looked) == 2


def test_secrets_are_not_shown(account: Account) -> None:
    account.environment(AWS_ACCESS_KEY_ID="AKIA", AWS_SECRET_ACCESS_KEY="hunter2", AWS_SESSION_TOKEN="hunter3")
    made = resolve("ecr", aws_access_key_id="AKIB", aws_secret_access_key="hunter4")
    shown = repr(resolve("ecr").credentials.current()) + repr(made) + str(made.credentials.current())
    assert "hunter" not in shown
    assert "AKIB" in shown


def test_credentials_of_boto3(account: Account) -> None:
    theirs = boto3.Session("AKIA", "secret", "token").get_credentials()
    source = resolve("ecr", credentials=theirs).credentials
    assert source.current() == Credentials("AKIA", "secret", "token")
    assert source.fresh()


def test_credentials_of_boto3_that_refresh(account: Account) -> None:
    account.config(
        "[default]\ncredential_process = printf '"
        '{"Version": 1, "AccessKeyId": "AKIA", "SecretAccessKey": "s", "Expiration": "2999-01-01T00:00:00Z"}\'\n'
    )
    theirs = boto3.Session().get_credentials()
    source = resolve("ecr", credentials=theirs).credentials
    assert source.fresh()
    assert source.current() == Credentials("AKIA", "s")


def test_credentials_object_without_any(account: Account) -> None:
    empty: Any = SimpleNamespace(get_frozen_credentials=lambda: None)
    with pytest.raises(NoCredentials, match="has none"):
        resolve("ecr", credentials=empty).credentials.current()


def test_credentials_object_that_is_asynchronous(account: Account) -> None:
    class Asynchronous:
        async def get_frozen_credentials(self) -> Any:
            raise AssertionError("nobody awaits this")

    with pytest.raises(ConfigurationError, match="give those of boto3"):
        resolve("ecr", credentials=Asynchronous()).credentials.current()


def test_a_source_of_ones_own(account: Account, clock: Clock) -> None:
    source = clock.source()
    assert resolve("ecr", credentials=source).credentials is source
    own = Credentials("AKIA", "s")
    assert resolve("ecr", credentials=own).credentials.current() is own
