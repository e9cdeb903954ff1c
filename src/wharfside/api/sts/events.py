"""Calls of STS as the audit trail has them, without the secrets that they are about."""

from __future__ import annotations

from typing import Any

from wharfside.api.messages import Request
from wharfside.api.sts.query import Action, Members
from wharfside.registry.audit import STS, Event, FederatedCaller, Unrecognized
from wharfside.registry.context import Caller

_RECORDED = ("RoleArn", "RoleSessionName", "DurationSeconds", "ExternalId", "Policy")


def event_of(request: Request, name: str, region: str, caller: Caller | Unrecognized | None, request_id: str) -> Event:
    """What is recorded of a call, but for its parameters."""
    return Event(
        name=name,
        region=region,
        account=caller.account if isinstance(caller, Caller) else "",
        caller=caller,
        client=request.client,
        user_agent=request.headers.get("User-Agent", ""),
        parameters={},
        request_id=request_id,
        source=STS,
    )


def with_parameters(event: Event, action: Action) -> Event:
    """The same with the parameters that are no secrets."""
    given = action.parameters
    return event._replace(parameters={_lower(name): given[name] for name in _RECORDED if name in given})


def granted(event: Event, result: Members) -> Event:
    """The same once credentials were given out: which, to whom, and in which role."""
    credentials: Any = result["Credentials"]
    answer: dict[str, Any] = {
        "credentials": {
            "accessKeyId": credentials["AccessKeyId"],
            "expiration": credentials["Expiration"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    }
    account = event.account
    if "AssumedRoleUser" in result:
        user: Any = result["AssumedRoleUser"]
        answer["assumedRoleUser"] = {"assumedRoleId": user["AssumedRoleId"], "arn": user["Arn"]}
        account = user["Arn"].split(":")[4]
    caller = event.caller
    if "Provider" in result:
        caller = FederatedCaller(
            str(result["Provider"]), str(result["Audience"]), str(result["SubjectFromWebIdentityToken"])
        )
    return event._replace(answer=answer, account=account, caller=caller)


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
