"""Clients of boto3, made fast and without the user's own configuration."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from functools import cache
from typing import Any

_lock = threading.Lock()
"""Sessions of boto3 are for one thread at a time."""


def make_client(service_name: str, arguments: Mapping[str, Any]) -> Any:
    """A client of boto3. Raises MissingDependency where it is not installed."""
    with _lock:
        return _session().client(service_name, **arguments)


@cache
def _session() -> Any:
    """One session for all clients: it keeps what it read of the service models, which takes most of the time.

    Neither a profile nor a file of the user's has a say in it.
    """
    try:
        import boto3.session  # pyright: ignore[reportMissingTypeStubs]  # it has none
        import botocore.session
    except ImportError as error:
        from wharfside_sdk.errors import MissingDependency

        raise MissingDependency(
            "boto3 is not installed. Run `pip install wharfside[testing]`, or use the SDK's client:"
            " `sdk_client()`, or the fixture `ecr_sdk_client`."
        ) from error
    nowhere = (None, None, os.devnull, None)
    settings = {"profile": (None, None, None, None), "config_file": nowhere, "credentials_file": nowhere}
    return boto3.session.Session(botocore_session=botocore.session.Session(session_vars=settings))
