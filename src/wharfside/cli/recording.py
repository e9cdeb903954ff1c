"""What the audit trail says of the commands that administer: calls of IAM, by somebody on this machine."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Mapping, Sequence
from typing import Any, Final

from wharfside.registry.audit import IAM, KMS, Event, LocalCaller

_KINDS: Final = {"user": "User", "role": "Role"}
_EVENTS: Final[Mapping[str, str]] = {
    "account create": "CreateAccount",
    "account delete": "CloseAccount",
    "key create": "CreateAccessKey",
    "key rotate": "CreateAccessKey",
    "key disable": "UpdateAccessKey",
    "key enable": "UpdateAccessKey",
    "key delete": "DeleteAccessKey",
    "policy create": "CreatePolicy",
    "policy update": "CreatePolicyVersion",
    "policy delete": "DeletePolicy",
    "provider create": "CreateOpenIDConnectProvider",
    "provider update": "UpdateOpenIDConnectProvider",
    "provider delete": "DeleteOpenIDConnectProvider",
    "apply": "ApplyDeclaration",
    "kms create": "CreateKey",
    "kms alias": "CreateAlias",
    "kms delete-alias": "DeleteAlias",
    "kms rotate": "RotateKeyOnDemand",
    "kms enable": "EnableKey",
    "kms disable": "DisableKey",
    "kms schedule-deletion": "ScheduleKeyDeletion",
    "kms cancel-deletion": "CancelKeyDeletion",
    "webhook add": "AddWebhook",
    "webhook remove": "RemoveWebhook",
    "webhook enable": "EnableWebhook",
    "webhook disable": "DisableWebhook",
    "webhook rotate": "RotateWebhookSecret",
    "webhook retry": "RetryDeliveries",
    "jobs retry": "RetryJob",
    "jobs cancel": "CancelJob",
    **{
        f"{kind} {word}": event.format(name)
        for kind, name in _KINDS.items()
        for word, event in {
            "create": "Create{}",
            "delete": "Delete{}",
            "tag": "Tag{}",
            "attach": "Attach{}Policy",
            "detach": "Detach{}Policy",
            "put-policy": "Put{}Policy",
            "delete-policy": "Delete{}Policy",
            "boundary": "Put{}PermissionsBoundary",
            "update": "Update{}",
            "revoke-sessions": "Revoke{}Sessions",
        }.items()
    },
}
"""Operations of IAM and KMS by the commands that do the same; a few have no counterpart there."""


def event_of(words: Sequence[str], account: str, region: str, noted: Mapping[str, Any]) -> Event:
    """What is recorded of a command that has changed something. Its words hold no secrets: those come from files."""
    name = _EVENTS.get(" ".join(words[:2])) or _EVENTS.get(" ".join(words[:1])) or "UnknownOperation"
    return Event(
        name=name,
        region=region,
        account=account,
        caller=LocalCaller(_user()),
        client=socket.gethostname(),
        user_agent="wharfside",
        parameters={"command": list(words), **noted},
        source=KMS if words[:1] == ("kms",) else IAM,
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in containers
        return ""
