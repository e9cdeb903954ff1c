"""Records of the audit trail: what they say of texts that are no ASCII, or no text at all."""

from __future__ import annotations

import pytest

from wharfside.registry.audit import Event, complete, line_of, record_of


@pytest.mark.parametrize("agent", ["docker/24", "müßig ✓", "bytes \udcff that are no text"])
def test_every_user_agent_is_recorded_as_it_came(agent: str) -> None:
    event = Event("PutImage", "us-east-1", "000000000000", None, "127.0.0.1", agent, {"repositoryName": "app"})
    record = record_of(event, 0.0)
    record.content.encode()  # which is how it is stored
    assert complete(record)["userAgent"] == agent
    assert line_of(record).isascii()
