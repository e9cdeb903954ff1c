"""How keys of the key management service are named: ids, ARNs and aliases (AWS KMS API reference, "KeyId")."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

MANAGED_ALIAS: Final = "alias/aws/ecr"
"""Of the key that an account has in a region for repositories that name none."""
RESERVED: Final = "alias/aws/"
"""Aliases that begin so are not for people to make."""
_ID = re.compile(r"[a-z0-9-]{1,64}")
_ALIAS = re.compile(r"alias/[a-zA-Z0-9/_-]{1,250}")
_ARN = re.compile(r"arn:aws[a-z0-9-]*:kms:([a-z0-9-]{1,25}):([0-9]{12}):(?:key/([a-z0-9-]{1,64})|(alias/.{1,250}))")


class KeyReference(NamedTuple):
    """How somebody names a key: by id or by alias, in a region and an account if they name an ARN."""

    id: str | None
    alias: str | None
    region: str | None = None
    account: str | None = None


def key_arn(account: str, region: str, key_id: str) -> str:
    """The ARN of a key."""
    return f"arn:aws:kms:{region}:{account}:key/{key_id}"


def alias_arn(account: str, region: str, alias: str) -> str:
    """The ARN of an alias."""
    return f"arn:aws:kms:{region}:{account}:{alias}"


def is_alias(text: str) -> bool:
    """Whether this may be an alias; it begins with `alias/`."""
    return _ALIAS.fullmatch(text) is not None


def parse_key_reference(text: str) -> KeyReference | None:
    """A key id, an alias, or the ARN of either; None for anything else."""
    match = _ARN.fullmatch(text)
    if match is not None:
        region, account, key_id, alias = match.groups()
        return KeyReference(key_id, alias, region, account) if alias is None or is_alias(alias) else None
    if is_alias(text):
        return KeyReference(None, text)
    return KeyReference(text, None) if _ID.fullmatch(text) else None
