"""`wharfside kms`: the local key store, whose keys repositories are encrypted with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from wharfside.cli.administration import (
    DEFAULTS,
    Administration,
    Options,
    Region,
    administration,
    examples,
    moment,
    say,
    show_one,
    show_rows,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wharfside.store.kms_keys import KmsKey

_KEY = "0c1bd4f4-3c2a-4c6e-9a53-0d7c5ab1a7a5"

kms = App(
    name="kms",
    help="Keys that repositories are encrypted with, where `encryptionConfiguration` says KMS or KMS_DSSE."
    " A key is named by its id, an alias, or the ARN of either. What it encrypts with is never shown."
    " A change counts at once, also where the server runs.",
    help_epilogue=examples(
        "wharfside kms create --alias alias/app",
        "wharfside kms list",
        "wharfside kms rotate alias/app",
        "wharfside kms disable alias/app",
    ),
)


def _described(connection: Connection, key: KmsKey) -> dict[str, Any]:
    from wharfside.store import kms_keys as stored

    versions = stored.versions_of(connection, key.id)
    described: dict[str, Any] = {
        "keyId": key.id,
        "arn": key.arn,
        "aliases": stored.aliases_of(connection, key.id),
        "state": key.state,
        "description": key.description,
        "created": moment(key.created_at),
        "versions": len(versions),
    }
    if key.version > 1:
        described["rotated"] = moment(versions[key.version])
    if key.deletion_at is not None:
        described["deletion"] = moment(key.deletion_at)
    return described


def _change(options: Options, region: str | None, use_case: Callable[[Connection, Administration], KmsKey]) -> None:
    """Carry out a change of a key, and show the key as it is then."""
    with administration(options) as admin:
        admin.region = region or admin.region

        def work(connection: Connection) -> dict[str, Any]:
            return _described(connection, use_case(connection, admin))

        show_one(admin.write(work), as_json=options.as_json)


@kms.command(
    help_epilogue=examples(
        "wharfside kms create --alias alias/app",
        'wharfside kms create --alias alias/app --description "Images of the web team"',
    )
)
def create(
    *,
    alias: Annotated[str | None, Parameter(help="A name for the key, which begins with alias/.")] = None,
    description: Annotated[str, Parameter(help="What the key is for.")] = "",
    region: Region = None,
    options: Options = DEFAULTS,
) -> None:
    """Make a key."""

    from wharfside.registry import kms_keys

    _change(
        options,
        region,
        lambda connection, admin: kms_keys.create_key(
            connection, admin.key_sealer, admin.account, admin.region, admin.now, description=description, alias=alias
        ),
    )


@kms.command(name="list", help_epilogue=examples("wharfside kms list", "wharfside kms list --json"))
def list_(*, region: Region = None, options: Options = DEFAULTS) -> None:
    """List the keys of an account in a region."""

    from wharfside.store import kms_keys as stored

    with administration(options) as admin:

        def read(connection: Connection) -> list[dict[str, Any]]:
            found = stored.list_keys(connection, admin.account, region or admin.region)
            return [_described(connection, each) for each in found]

        show_rows(admin.read(read), ("keyId", "aliases", "state", "versions", "created"), as_json=options.as_json)


@kms.command(help_epilogue=examples("wharfside kms show alias/app", "wharfside kms show alias/aws/ecr --json"))
def show(key: str, /, *, region: Region = None, options: Options = DEFAULTS) -> None:
    """Show a key."""

    from wharfside.registry import kms_keys

    with administration(options) as admin:

        def read(connection: Connection) -> dict[str, Any]:
            found = kms_keys.find_key(connection, admin.account, region or admin.region, key)
            return _described(connection, found)

        show_one(admin.read(read), as_json=options.as_json)


@kms.command(help_epilogue=examples(f"wharfside kms alias alias/app {_KEY}"))
def alias(name: str, key: str, /, *, region: Region = None, options: Options = DEFAULTS) -> None:
    """Give a key a name, which may be another key's until then.

    Repositories stay with the key that they were made with.
    """

    from wharfside.registry import kms_keys

    _change(
        options,
        region,
        lambda connection, admin: kms_keys.put_alias(connection, admin.account, admin.region, name, key),
    )


@kms.command(name="delete-alias", help_epilogue=examples("wharfside kms delete-alias alias/app"))
def delete_alias(name: str, /, *, region: Region = None, options: Options = DEFAULTS) -> None:
    """Take a name away. The key stays, and so do the repositories that are encrypted with it."""

    from wharfside.registry import kms_keys

    with administration(options) as admin:
        admin.region = region or admin.region
        admin.write(kms_keys.delete_alias, admin.account, admin.region, name)
        say(f"Deleted {name}.", as_json=options.as_json, alias=name)


@kms.command(help_epilogue=examples("wharfside kms rotate alias/app"))
def rotate(key: str, /, *, region: Region = None, options: Options = DEFAULTS) -> None:
    """Give a key a new version, with which is encrypted from now on. What older ones encrypted stays readable."""

    from wharfside.registry import kms_keys

    _change(
        options,
        region,
        lambda connection, admin: kms_keys.rotate_key(
            connection, admin.key_sealer, admin.account, admin.region, key, admin.now
        ),
    )


@kms.command(help_epilogue=examples("wharfside kms enable alias/app"))
def enable(key: str, /, *, region: Region = None, options: Options = DEFAULTS) -> None:
    """Let a key be used again."""
    _set_enabled(key, region, options, enabled=True)


@kms.command(help_epilogue=examples("wharfside kms disable alias/app"))
def disable(key: str, /, *, region: Region = None, options: Options = DEFAULTS) -> None:
    """Let nobody use a key until it is enabled again: what it encrypts can be neither pulled nor pushed."""
    _set_enabled(key, region, options, enabled=False)


def _set_enabled(key: str, region: str | None, options: Options, *, enabled: bool) -> None:
    from wharfside.registry import kms_keys

    _change(
        options,
        region,
        lambda connection, admin: kms_keys.set_enabled(connection, admin.account, admin.region, key, enabled=enabled),
    )


@kms.command(
    name="schedule-deletion",
    help_epilogue=examples(
        "wharfside kms schedule-deletion alias/app", "wharfside kms schedule-deletion alias/app --days 7"
    ),
)
def schedule_deletion(
    key: str,
    /,
    *,
    days: Annotated[int, Parameter(help="How long it can be cancelled: 7 to 30 days.")] = 30,
    region: Region = None,
    options: Options = DEFAULTS,
) -> None:
    """Delete a key after a waiting period. It cannot be used from now on.

    When the period is over, whatever the key encrypted can never be read again.
    """

    from wharfside.registry import kms_keys

    _change(
        options,
        region,
        lambda connection, admin: kms_keys.schedule_deletion(
            connection, admin.account, admin.region, key, admin.now, days
        ),
    )


@kms.command(name="cancel-deletion", help_epilogue=examples("wharfside kms cancel-deletion alias/app"))
def cancel_deletion(key: str, /, *, region: Region = None, options: Options = DEFAULTS) -> None:
    """Keep a key that is pending deletion. It stays disabled until it is enabled."""

    from wharfside.registry import kms_keys

    _change(
        options,
        region,
        lambda connection, admin: kms_keys.cancel_deletion(connection, admin.account, admin.region, key, admin.now),
    )
