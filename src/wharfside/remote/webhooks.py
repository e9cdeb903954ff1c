"""Sends events to webhooks.

A receiver is whatever address an administrator has chosen, so what it answers is not trusted: redirects are not
followed, cookies not kept, and of the answer only the status is looked at.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

import aiohttp

from wharfside.core.webhook_signatures import sign

SIGNATURE: Final = "Wharfside-Signature"
EVENT_ID: Final = "Wharfside-Event-Id"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A receiver, with the connections to it."""

    session: aiohttp.ClientSession
    seconds: float
    clock: Callable[[], float]

    async def post(self, url: str, secret: str, event_id: str, body: bytes) -> str | None:
        """Send an event. None: it was taken, with a status of 200 to 299; else why not."""
        headers = {
            "Content-Type": "application/json",
            EVENT_ID: event_id,
            SIGNATURE: sign(secret, self.clock(), body),
        }
        try:
            async with (
                asyncio.timeout(self.seconds),
                self.session.post(url, data=body, headers=headers, allow_redirects=False) as response,
            ):
                return None if 200 <= response.status < 300 else f"It answered with the status {response.status}."
        except TimeoutError:
            return f"It did not answer within {self.seconds:g} seconds."
        except aiohttp.ClientConnectorError as error:
            return f"It cannot be connected to: {_reason(error.os_error)}."
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # Not its text, which may contain the URL, and that a secret of the receiver.
            return f"The connection failed: {type(error).__name__}."


def _reason(error: OSError) -> str:
    if isinstance(error, socket.gaierror) or error.errno is None:
        return error.strerror or type(error).__name__
    return os.strerror(error.errno)


@asynccontextmanager
async def endpoint(seconds: float, connections: int, clock: Callable[[], float]) -> AsyncGenerator[Endpoint]:
    """Connections to one receiver, which may take so many seconds to answer."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": f"wharfside/{version('wharfside')}"},
        auto_decompress=False,
        trust_env=True,
    ) as session:
        yield Endpoint(session, seconds, clock)
