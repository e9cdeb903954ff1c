"""The audit trail in both databases: what is found by what, in which order, and what ends when."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wharfside.store.audit import AuditRecord, Search, delete_old_records, find_records, insert_record
from wharfside.store.db import Db

ALICE = "arn:aws:iam::111111111111:user/team/alice"
MALICE = "arn:aws:iam::111111111111:user/malice"
RECORDS = [
    AuditRecord(100.0, "111111111111", ALICE, "CreateRepository", "app", None, '{"n":0}'),
    AuditRecord(101.0, "111111111111", MALICE, "PutImage", "app", "AccessDeniedException", '{"n":1}'),
    AuditRecord(102.5, "222222222222", ALICE, "PutImage", "other", None, '{"n":2}'),
    AuditRecord(102.0, "", None, "PutImage", None, "UnrecognizedClientException", '{"n":3}'),
]


@pytest.fixture
def trail(db: Db) -> Db:
    for record in RECORDS:
        db.write(lambda connection, record=record: insert_record(connection, record)).result(10)
    return db


def found(db: Db, limit: int = 100, newest: bool = False, **wanted: Any) -> list[int]:
    search = Search(**wanted)
    rows = db.read(lambda connection: find_records(connection, search, limit, newest=newest))
    return [json.loads(row.record.content)["n"] for row in rows]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, [0, 1, 2, 3]),
        ({"since": 102.0}, [2, 3]),
        ({"account": "222222222222"}, [2]),
        ({"principal": ALICE}, [0, 2]),
        ({"principal": "alice"}, [0, 2]),
        ({"principal": "team/alice"}, [0, 2]),
        ({"principal": "%"}, []),
        ({"principal": "_alice"}, []),
        ({"event": "PutImage"}, [1, 2, 3]),
        ({"repository": "app"}, [0, 1]),
        ({"errors": True}, [1, 3]),
        ({"event": "PutImage", "errors": True, "account": "111111111111"}, [1]),
    ],
)
def test_records_are_found(trail: Db, wanted: dict[str, Any], expected: list[int]) -> None:
    assert found(trail, **wanted) == expected


def test_pages_and_the_newest(trail: Db) -> None:
    assert found(trail, 2) == [0, 1]
    rows = trail.read(lambda connection: find_records(connection, Search(), 2))
    assert found(trail, after_id=rows[-1].id) == [2, 3]
    assert found(trail, 2, newest=True) == [2, 3]


def test_old_records_end_in_batches(trail: Db) -> None:
    def delete(before: float, limit: int) -> int:
        return trail.write(lambda connection: delete_old_records(connection, before, limit)).result(10)

    assert delete(100.0, 10) == 0
    assert delete(102.1, 2) == 2
    assert found(trail) == [2, 3]
    assert delete(102.1, 2) == 1
    assert found(trail) == [2]
