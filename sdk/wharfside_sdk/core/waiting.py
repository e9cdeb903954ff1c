"""Waiting for a state by asking again and again, as botocore's waiters do, with the models' own acceptors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wharfside_sdk.core.paths import Path
from wharfside_sdk.errors import WaiterError
from wharfside_sdk.model import ir


class Wait:
    """One wait, without any input or output: give it each answer, and it says whether and when to ask again."""

    def __init__(self, waiter: ir.Waiter, config: Mapping[str, Any] | None) -> None:
        given = config or {}
        self._waiter = waiter
        self._delay: float = given.get("Delay", waiter.delay)
        self._left: int = given.get("MaxAttempts", waiter.max_attempts)
        self._matched: ir.Acceptor | None = None

    def received(self, response: Mapping[str, Any]) -> float | None:
        """Seconds until the next question, None once the wait has succeeded.

        `response` is a result, or the `response` of the service's refusal. Raises WaiterError when there is no hope
        left: the failure state is reached, the service refuses, or the attempts are used up.
        """
        self._left -= 1
        acceptor = next((one for one in self._waiter.acceptors if _matches(one, response)), None)
        if acceptor is None and "Error" in response:
            error = response["Error"]
            code, message = error.get("Code", "Unknown"), error.get("Message", "Unknown")
            raise self._failed(f"An error occurred ({code}): {message}", response)
        self._matched = acceptor or self._matched
        state = acceptor.state if acceptor is not None else None
        if acceptor is not None and state == "failure":
            raise self._failed(f"Waiter encountered a terminal failure state: {_explanation(acceptor)}", response)
        if state == "success":
            return None
        if self._left <= 0:
            before = "" if self._matched is None else f". Previously accepted state: {_explanation(self._matched)}"
            raise self._failed(f"Max attempts exceeded{before}", response)
        return self._delay

    def _failed(self, reason: str, response: Mapping[str, Any]) -> WaiterError:
        return WaiterError(self._waiter.name, reason, response)


def _matches(acceptor: ir.Acceptor, response: Mapping[str, Any]) -> bool:
    if acceptor.matcher == "error":
        return bool(acceptor.expected == response.get("Error", {}).get("Code"))
    return "Error" not in response and acceptor.expected == Path(acceptor.argument).search(response)


def _explanation(acceptor: ir.Acceptor) -> str:
    if acceptor.matcher == "error":
        return f"Matched expected service error code: {acceptor.expected}"
    return f'For expression "{acceptor.argument}" we matched expected path: "{acceptor.expected}"'
