"""What clients are told when something fails that no handler foresees."""

from __future__ import annotations

import errno
import json
import logging

import psycopg
import pytest
from multidict import CIMultiDict
from sqlalchemy.exc import OperationalError

from wharfside.api.bodies import NO_BODY
from wharfside.api.messages import Request
from wharfside.api.server import answer_failure

REQUEST = Request("PUT", "/v2/app/manifests/v1", "", CIMultiDict(), NO_BODY, "http", "localhost", "127.0.0.1")
NO_ROOM = "The server has no room left on its disk. Tell its administrator."


@pytest.mark.parametrize(
    "failure",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        OperationalError("INSERT", {}, psycopg.errors.DiskFull("could not extend file")),
    ],
    ids=["disk", "quota", "postgresql"],
)
def test_a_full_disk_is_told_wherever_it_is(failure: Exception) -> None:
    answer = answer_failure(REQUEST, failure)
    assert answer.status == 500
    assert isinstance(answer.body, bytes)
    assert json.loads(answer.body)["errors"] == [{"code": "UNKNOWN", "message": NO_ROOM}]


def test_nothing_of_another_failure_shows_but_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = answer_failure(REQUEST, RuntimeError("c2VjcmV0"))
    assert answer.status == 500
    assert isinstance(answer.body, bytes)
    assert b"c2VjcmV0" not in answer.body
    assert NO_ROOM.encode() not in answer.body
    assert caplog.records[0].exc_info is not None
