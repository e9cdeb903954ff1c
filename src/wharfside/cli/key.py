"""`wharfside key`: access keys of users."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyclopts import App

from wharfside.cli.administration import DEFAULTS, Options, administration, examples, moment, say, show_one, show_rows

if TYPE_CHECKING:
    from wharfside.registry.access_keys import NewAccessKey

key = App(
    name="key",
    help="Access keys of users. A secret is shown once, when the key is made.",
    help_epilogue=examples("wharfside key create alice", "wharfside key rotate alice"),
)


def _show(made: NewAccessKey, user: str, as_json: bool) -> None:
    values = {"user": user, "accessKeyId": made.access_key_id, "secretAccessKey": made.secret_access_key}
    show_one(values, as_json=as_json)


@key.command(
    help_epilogue=examples(
        "wharfside key create alice",
        "wharfside key create alice --json",
        "wharfside key rotate alice",
        "wharfside key disable AKIAEXAMPLEEXAMPLE00",
    )
)
def create(user: str, /, *, options: Options = DEFAULTS) -> None:
    """Make an access key for a user, who may have two. Its secret is shown now and never again."""

    from wharfside.registry import access_keys

    with administration(options) as admin:
        _show(admin.write(access_keys.create_key, admin.sealer, admin.account, user, admin.now), user, options.as_json)


@key.command(help_epilogue=examples("wharfside key rotate alice"))
def rotate(user: str, /, *, options: Options = DEFAULTS) -> None:
    """Make a new key for a user and disable the present one, which can be enabled again."""

    from wharfside.registry import access_keys

    with administration(options) as admin:
        _show(admin.write(access_keys.rotate_key, admin.sealer, admin.account, user, admin.now), user, options.as_json)


@key.command(name="list", help_epilogue=examples("wharfside key list alice"))
def list_(user: str, /, *, options: Options = DEFAULTS) -> None:
    """List the access keys of a user."""

    from wharfside.registry import access_keys

    with administration(options) as admin:
        found = admin.read(access_keys.list_keys, admin.account, user)
        rows = [{"accessKeyId": each.id, "active": each.active, "created": moment(each.created_at)} for each in found]
        show_rows(rows, ("accessKeyId", "active", "created"), as_json=options.as_json)


@key.command(help_epilogue=examples("wharfside key disable AKIAEXAMPLEEXAMPLE00"))
def disable(key_id: str, /, *, options: Options = DEFAULTS) -> None:
    """Disable an access key: it ends at once, with the sessions and docker passwords made with it."""
    _set_active(key_id, False, options)


@key.command(help_epilogue=examples("wharfside key enable AKIAEXAMPLEEXAMPLE00"))
def enable(key_id: str, /, *, options: Options = DEFAULTS) -> None:
    """Enable an access key again."""
    _set_active(key_id, True, options)


def _set_active(key_id: str, active: bool, options: Options) -> None:
    from wharfside.registry import access_keys

    with administration(options) as admin:
        owner = admin.write(access_keys.set_key_active, key_id, active)
        said = f"{'Enabled' if active else 'Disabled'} access key {key_id} of {owner.arn}."
        say(said, as_json=options.as_json, accessKeyId=key_id, user=owner.arn, active=active)


@key.command(help_epilogue=examples("wharfside key delete AKIAEXAMPLEEXAMPLE00"))
def delete(key_id: str, /, *, options: Options = DEFAULTS) -> None:
    """Delete an access key for good."""

    from wharfside.registry import access_keys

    with administration(options) as admin:
        owner = admin.write(access_keys.delete_key, key_id)
        say(f"Deleted access key {key_id} of {owner.arn}.", as_json=options.as_json, accessKeyId=key_id)
