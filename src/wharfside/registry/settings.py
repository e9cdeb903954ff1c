"""Account settings (ECR operations GetAccountSetting, PutAccountSetting)."""

from __future__ import annotations

from collections.abc import Mapping

from wharfside.core.errors import not_one_of
from wharfside.registry.context import Unit
from wharfside.store import policies as stored

BLOB_MOUNTING = "BLOB_MOUNTING"

SETTINGS: Mapping[str, tuple[str, ...]] = {
    "BASIC_SCAN_TYPE_VERSION": ("AWS_NATIVE",),
    BLOB_MOUNTING: ("ENABLED", "DISABLED"),
    "REGISTRY_POLICY_SCOPE": ("V2",),
}
"""The values that each may have; the first is the one that counts when none was set."""


def get_account_setting(unit: Unit, name: str) -> str:
    """GetAccountSetting. Raises ValidationException for a setting that there is not."""
    if name not in SETTINGS:
        raise not_one_of("name", name, SETTINGS)
    return stored.find_setting(unit.connection, unit.account, unit.region, name) or SETTINGS[name][0]


def put_account_setting(unit: Unit, name: str, value: str) -> None:
    """PutAccountSetting: counts for later requests. Raises ValidationException."""
    if name not in SETTINGS:
        raise not_one_of("name", name, SETTINGS)
    if value not in SETTINGS[name]:
        raise not_one_of("value", value, SETTINGS[name])
    stored.put_setting(unit.connection, unit.account, unit.region, name, value)


def mounts_blobs(unit: Unit) -> bool:
    """Whether layers of one repository may be mounted into another."""
    return get_account_setting(unit, BLOB_MOUNTING) == "ENABLED"
