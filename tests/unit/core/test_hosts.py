"""Which hosts are this machine."""

from __future__ import annotations

import pytest

from wharfside.core.hosts import is_loopback


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.3.2.1", "::1"])
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "0.0.0.0", "::", "10.0.0.1", "localhost.example.com", "127.0.0.1.nip.io", "127.1"]
)
def test_others(host: str) -> None:
    assert not is_loopback(host)
