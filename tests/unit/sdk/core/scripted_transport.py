"""A transport that plays a server by a script, and clients on it. Only faults and time are played."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from wharfside_sdk.configuration import ClientConfiguration, resolve
from wharfside_sdk.core.call import Validation
from wharfside_sdk.core.http import HttpRequest, HttpResponse
from wharfside_sdk.ecr.client import ECRClient
from wharfside_sdk.errors import ConnectionFailed

Answer = HttpResponse | ConnectionFailed | Callable[[HttpRequest], HttpResponse]

REQUEST_ID = "8bb0b1a5-6c33-4ad1-a2ab-0e9b6c1d8a01"


class ScriptedTransport:
    """Gives the answers in turn, the last one again and again, and keeps the requests."""

    def __init__(self, *answers: Answer) -> None:
        self.answers: list[Answer] = list(answers)
        self.requests: list[HttpRequest] = []

    def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, ConnectionFailed):
            raise answer
        return answer if isinstance(answer, HttpResponse) else answer(request)

    def close(self) -> None:
        pass


class ScriptedAsyncTransport:
    """The same for asynchronous clients."""

    def __init__(self, *answers: Answer) -> None:
        self.script = ScriptedTransport(*answers)

    async def send(self, request: HttpRequest) -> HttpResponse:
        return self.script.send(request)

    async def close(self) -> None:
        pass


def configuration(**settings: Any) -> ClientConfiguration:
    """Settings that come from nowhere but here."""
    given: dict[str, Any] = {
        "region_name": "us-east-1",
        "endpoint_url": "http://ecr.invalid:5000",
        "aws_access_key_id": "AKIDEXAMPLE",
        "aws_secret_access_key": "secret",
    }
    return resolve("ecr", **(given | settings), environ={"AWS_CONFIG_FILE": "/dev/null"})


def client(*answers: Answer, validate: Validation = "min", **settings: Any) -> tuple[ECRClient, ScriptedTransport]:
    """A client and the transport that answers it."""
    transport = ScriptedTransport(*answers)
    return ECRClient(configuration=configuration(**settings), transport=transport, validate=validate), transport


def answer(members: Any = None, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """What the service answers."""
    body = members if isinstance(members, bytes) else json.dumps({} if members is None else members).encode()
    return HttpResponse(status, {"x-amzn-requestid": REQUEST_ID, **(headers or {})}, body)


def refusal(code: str, status: int = 400, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """How the service refuses."""
    return answer({"__type": code, "message": "no"}, status, headers)
