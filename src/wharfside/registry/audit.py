"""What the audit trail says of a call: a record in the form of AWS CloudTrail ("CloudTrail record contents").

Secrets, manifests and the bytes of layers are never in it, and no part of it is larger than its bound.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias, cast

from pydantic_core import PydanticSerializationError, to_json

from wharfside.core.errors import RegistryError
from wharfside.core.moments import text_of_moment
from wharfside.core.names import repository_arn
from wharfside.registry.context import Caller
from wharfside.registry.unique_ids import random_uuid
from wharfside.store.audit import AuditRecord
from wharfside.store.repositories import Repository

VERSION: Final = "1.11"
"""The version of CloudTrail's records whose members these are."""
ECR: Final = "ecr.amazonaws.com"
STS: Final = "sts.amazonaws.com"
IAM: Final = "iam.amazonaws.com"
KMS: Final = "kms.amazonaws.com"

MOST_CHANGED: Final = 64 * 1024
"""Characters of the record of a change, in which a policy has room as a whole."""
MOST_OTHER: Final = 8 * 1024
"""Characters of any other record, which anybody can send as often as they like."""
MOST_TEXT: Final = 1024
"""Characters of one text, such as a message or the user agent."""
MOST_RESOURCES: Final = 10

_LEFT_OUT = frozenset(
    {
        "imageManifest",
        "layerPartBlob",
        "logoImageBlob",
        "authorizationData",
        "downloadUrl",
        "nextToken",
        "Credentials",
        "WebIdentityToken",
    }
)
"""Members that are secrets, or bytes that the registry has anyway."""
_READS = ("Get", "List", "Describe", "BatchGet", "BatchCheck", "Validate", "Assume", "ApiVersionCheck")
_encode = json.JSONEncoder(separators=(",", ":")).encode
_KEY_ID = re.compile(r"A[A-Z0-9]{15,127}|[0-9]{12}")
"""What an access key id looks like; of anything else, nobody knows that it is not a secret."""


class Unrecognized(NamedTuple):
    """Somebody whose credentials were no good."""

    access_key: str | None = None
    """The access key id that was presented, if any."""


class LocalCaller(NamedTuple):
    """A user of the machine that the registry is on, who administers it there."""

    name: str


class FederatedCaller(NamedTuple):
    """Somebody whom an OIDC token made known."""

    provider: str
    """The ARN of the identity provider."""
    audience: str
    subject: str


class RegistryItself(NamedTuple):
    """Nobody called: the registry did it in the background."""


class Event(NamedTuple):
    """A call, as far as it is known before it has succeeded or failed."""

    name: str
    """The operation, also of a request on the data plane."""
    region: str
    account: str
    """Whose registry it is about; empty when it is not known."""
    caller: Caller | FederatedCaller | LocalCaller | RegistryItself | Unrecognized | None
    """None for somebody without credentials."""
    client: str
    """The address it came from."""
    user_agent: str
    parameters: Mapping[str, Any]
    repositories: Sequence[str] = ()
    answer: Mapping[str, Any] | None = None
    request_id: str | None = None
    source: str = ECR
    additional: Mapping[str, str] | None = None
    """What the protocol says besides (CloudTrail: additionalEventData)."""
    details: Mapping[str, Any] | None = None
    """What the registry itself did (CloudTrail: serviceEventDetails)."""


def by_itself(name: str, repository: Repository, details: Mapping[str, Any]) -> Event:
    """That the registry did something to a repository in the background, which nobody called."""
    return Event(
        name=name,
        region=repository.region,
        account=repository.account,
        caller=RegistryItself(),
        client=ECR,
        user_agent=ECR,
        parameters={},
        repositories=(repository.name,),
        details=details,
    )


def account_by_itself(account: str, region: str, details: Mapping[str, Any]) -> Event:
    """That the registry made an account which no administrator has made: at its first start, or in open mode."""
    return Event(
        name="CreateAccount",
        region=region,
        account=account,
        caller=RegistryItself(),
        client=IAM,
        user_agent=IAM,
        parameters={"accountId": account},
        source=IAM,
        details=details,
    )


def is_read(operation: str) -> bool:
    """Whether an operation changes nothing, by its name (CloudTrail: readOnly)."""
    return operation.startswith(_READS)


def record_of(event: Event, now: float, error: RegistryError | None = None) -> AuditRecord:
    """The record of a call that succeeded, or was refused with an error.

    Its content leaves out what `complete` can tell: every change is recorded, so each member has its price.
    """
    caller, repositories, event_id = event.caller, event.repositories, random_uuid()
    content: dict[str, Any] = {
        "awsRegion": event.region,
        "sourceIPAddress": event.client,
        "userAgent": event.user_agent[:MOST_TEXT],
        "requestParameters": _kept(event.parameters),
        "eventID": event_id,
    }
    if event.answer is not None:
        content["responseElements"] = _kept(event.answer)
    if event.request_id is not None:
        content["requestID"] = event.request_id
    if event.source != ECR:
        content["eventSource"] = event.source
    if error is not None:
        content["errorMessage"] = error.message[:MOST_TEXT]
    if len(repositories) > 1:
        content["repositories"] = repositories[:MOST_RESOURCES]
    if event.additional is not None:
        content["additionalEventData"] = {name: value[:MOST_TEXT] for name, value in event.additional.items()}
    if event.details is not None:
        content["serviceEventDetails"] = event.details
    return AuditRecord(
        now,
        event.account,
        caller.arn if isinstance(caller, Caller) else None,
        event.name,
        repositories[0] if repositories else None,
        None if error is None else error.code,
        f'{{"userIdentity":{_encoded_identity(caller)},'
        + _bounded(content, MOST_OTHER if error is not None or is_read(event.name) else MOST_CHANGED)[1:],
    )


def complete(record: AuditRecord) -> dict[str, Any]:
    """The whole record, with all members that CloudTrail has."""
    content: dict[str, Any] = json.loads(record.content)
    whole: dict[str, Any] = {
        "eventVersion": VERSION,
        "userIdentity": content["userIdentity"],
        "eventTime": text_of_moment(record.time),
        "eventSource": content.get("eventSource", ECR),
        "eventName": record.event,
        "awsRegion": content["awsRegion"],
        "sourceIPAddress": content["sourceIPAddress"],
        "userAgent": content["userAgent"],
        "requestParameters": content["requestParameters"],
        "responseElements": content.get("responseElements"),
        "requestID": content.get("requestID", content["eventID"]),
        "eventID": content["eventID"],
        "readOnly": is_read(record.event),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": record.account,
        "eventCategory": "Management",
    }
    if record.error is not None:
        whole |= {"errorCode": record.error, "errorMessage": content["errorMessage"]}
    names = content.get("repositories", [record.repository] if record.repository is not None else [])
    if names:
        region, account = content["awsRegion"], record.account
        whole["resources"] = [{"ARN": repository_arn(account, region, name), "accountId": account} for name in names]
    if "additionalEventData" in content:
        whole["additionalEventData"] = content["additionalEventData"]
    if "serviceEventDetails" in content:
        whole |= {"eventType": "AwsServiceEvent", "serviceEventDetails": content["serviceEventDetails"]}
    return whole


def line_of(record: AuditRecord) -> str:
    """The whole record as a line of JSON."""
    return _encode(complete(record))


def _bounded(content: dict[str, Any], most: int) -> str:
    """The content as JSON; in place of parameters or an answer that are too large stands how large they were."""
    text = _quickly(content)
    if len(text) > most:
        for name in ("requestParameters", "responseElements"):
            size = len(_quickly(content.get(name)))
            if size > most // 4:
                content[name] = {"omitted": True, "originalSize": size}
        text = _quickly(content)
    return text


def _quickly(value: Any) -> str:
    """As `_encode` does, in a quarter of the time, and with every character that is one as itself."""
    try:
        return to_json(value).decode()
    except PydanticSerializationError:  # bytes of a header that are no text have come as lone surrogates
        return _encode(value)


def _kept(members: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _kept(cast("dict[str, Any]", value)) if isinstance(value, dict) else value
        for name, value in members.items()
        if name not in _LEFT_OUT and not isinstance(value, bytes)
    }


Somebody: TypeAlias = Caller | FederatedCaller | LocalCaller | RegistryItself | Unrecognized | None


def _encoded_identity(caller: Somebody) -> str:
    if isinstance(caller, Caller) and caller.session is None:
        kind, key = _TYPES[caller.principal_type], caller.access_key[:128]
        return _encoded_user(kind, caller.user_id, caller.arn, caller.account, key, caller.user_name)
    return _encode(_identity(caller))


@lru_cache(1024)
def _encoded_user(kind: str, user_id: str, arn: str, account: str, access_key: str, name: str | None) -> str:
    return _encode(_user(kind, user_id, arn, account, access_key, name))


def _user(kind: str, user_id: str, arn: str, account: str, access_key: str, name: str | None) -> dict[str, Any]:
    identity = {"type": kind, "principalId": user_id, "arn": arn, "accountId": account, "accessKeyId": access_key}
    return identity if name is None else {**identity, "userName": name}


def _identity(caller: Somebody) -> dict[str, Any]:
    """Who called (CloudTrail: userIdentity)."""
    if caller is None:
        return {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}
    if isinstance(caller, FederatedCaller):
        return {
            "type": "WebIdentityUser",
            "principalId": f"{caller.provider}:{caller.audience}:{caller.subject}"[:MOST_TEXT],
            "userName": caller.subject[:MOST_TEXT],
            "identityProvider": caller.provider,
        }
    if isinstance(caller, LocalCaller):
        return {"type": "SystemUser", "principalId": caller.name, "userName": caller.name}
    if isinstance(caller, RegistryItself):
        return {"type": "AWSService", "invokedBy": ECR}
    if isinstance(caller, Unrecognized):
        presented = caller.access_key or ""
        known = {"accessKeyId": presented} if _KEY_ID.fullmatch(presented) else {}
        return {"type": "Unknown", "principalId": "", **known}
    kind, key = _TYPES[caller.principal_type], caller.access_key[:128]
    identity = _user(kind, caller.user_id, caller.arn, caller.account, key, caller.user_name)
    if caller.session is not None:
        identity["sessionContext"] = _session_context(caller)
    return identity


_TYPES = {"Account": "Root", "User": "IAMUser", "AssumedRole": "AssumedRole"}


def _session_context(caller: Caller) -> dict[str, Any]:
    session = caller.session
    assert session is not None
    attributes = {"creationDate": text_of_moment(session.issued_at), "mfaAuthenticated": "false"}
    context: dict[str, Any] = {"attributes": attributes}
    if caller.principal_type == "AssumedRole":
        context["sessionIssuer"] = {
            "type": "Role",
            "principalId": session.principal_id,
            "arn": caller.principal_arn,
            "accountId": caller.account,
            "userName": caller.principal_arn.rpartition("/")[2],
        }
    if session.provider is not None:
        context["webIdFederationData"] = {"federatedProvider": session.provider}
    return context
