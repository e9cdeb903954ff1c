"""The commands that `wharfside user` and `wharfside role` have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cyclopts import App

from wharfside.cli.administration import (
    DEFAULTS,
    InputFile,
    Options,
    administration,
    examples,
    fail,
    moment,
    read_text,
    say,
    show_one,
    show_rows,
    warn_of_doubts,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wharfside.store.identities import Identity
    from wharfside.store.principals import Kind


def parse_tags(texts: list[str]) -> dict[str, str]:
    """Tags as KEY=VALUE. Ends the command for any other form."""
    tags: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            fail(f"{text!r} is not a tag: it must look like KEY=VALUE.")
        tags[key] = value
    return tags


def describe(connection: Connection, identity: Identity) -> dict[str, Any]:
    """A user or a role with everything it has."""

    from wharfside.store import identities as stored
    from wharfside.store import identity_policies as stored_policies

    policies = stored_policies.list_policies(connection, identity.id)
    described: dict[str, Any] = {
        "name": identity.name,
        "arn": identity.arn,
        "id": identity.user_id,
        "created": moment(identity.created_at),
        "attached": [name for name, document in policies.items() if document is None],
        "inline": [name for name, document in policies.items() if document is not None],
        "boundary": identity.boundary,
        "tags": dict(identity.tags),
    }
    if identity.kind == "role":
        described["maxSessionSeconds"] = identity.max_session_seconds
        described["trustPolicy"] = identity.trust_policy
    else:
        keys = stored.list_access_keys(connection, identity.id)
        described["accessKeys"] = [key.id if key.active else f"{key.id} (disabled)" for key in keys]
    return described


_EXAMPLES: Mapping[Kind, str] = {"user": "alice", "role": "ci"}


def add_commands(app: App, kind: Kind) -> None:
    """Add the commands that users and roles have in common."""
    _add_reading(app, kind)
    _add_policies(app, kind)
    _add_own_policies(app, kind)
    _add_changes(app, kind)


def _add_reading(app: App, kind: Kind) -> None:
    @app.command(
        name="list",
        help=f"List the {kind}s of an account.",
        help_epilogue=examples(f"wharfside {kind} list --account 111122223333"),
    )
    def list_(*, options: Options = DEFAULTS) -> None:
        from wharfside.store import identities as stored

        with administration(options) as admin:
            found = admin.read(stored.list_identities, admin.account, kind)
            rows = [{"name": each.name, "arn": each.arn, "created": moment(each.created_at)} for each in found]
            show_rows(rows, ("name", "arn", "created"), as_json=options.as_json)

    @app.command(
        help=f"Show a {kind} with everything it has.",
        help_epilogue=examples(f"wharfside {kind} show {_EXAMPLES[kind]} --json"),
    )
    def show(name: str, /, *, options: Options = DEFAULTS) -> None:
        from wharfside.registry import identities

        with administration(options) as admin:

            def read(connection: Connection) -> dict[str, Any]:
                return describe(connection, identities.require_identity(connection, admin.account, kind, name))

            show_one(admin.read(read), as_json=options.as_json)

    del list_, show


def _add_policies(app: App, kind: Kind) -> None:
    @app.command(
        help=f"Attach a policy to a {kind}, by its name or ARN (see `wharfside policy list`)",
        help_epilogue=examples(f"wharfside {kind} attach {_EXAMPLES[kind]} AmazonEC2ContainerRegistryReadOnly"),
    )
    def attach(name: str, policy: str, /, *, options: Options = DEFAULTS) -> None:
        from wharfside.registry import identity_policies

        with administration(options) as admin:
            arn = admin.write(identity_policies.attach, admin.account, kind, name, policy)
            say(f"Attached {arn} to {kind} {name}.", as_json=options.as_json, name=name, policy=arn)

    @app.command(
        help=f"Detach a policy from a {kind}, by its name or ARN.",
        help_epilogue=examples(f"wharfside {kind} detach {_EXAMPLES[kind]} AmazonEC2ContainerRegistryReadOnly"),
    )
    def detach(name: str, policy: str, /, *, options: Options = DEFAULTS) -> None:
        from wharfside.registry import identity_policies

        with administration(options) as admin:
            arn = admin.write(identity_policies.detach, admin.account, kind, name, policy)
            say(f"Detached {arn} from {kind} {name}.", as_json=options.as_json, name=name, policy=arn)

    del attach, detach


def _add_own_policies(app: App, kind: Kind) -> None:
    @app.command(
        name="put-policy",
        help=f"Give a {kind} an inline policy, from a file with its JSON (-: standard input).",
        help_epilogue=examples(f"wharfside {kind} put-policy {_EXAMPLES[kind]} extra extra.json"),
    )
    def put_policy(name: str, policy: str, file: InputFile, /, *, options: Options = DEFAULTS) -> None:
        from wharfside.registry import identity_policies

        document = read_text(file)
        with administration(options) as admin:
            admin.write(identity_policies.put_inline, admin.account, kind, name, policy, document)
            say(f"{kind.capitalize()} {name} has policy {policy}.", as_json=options.as_json, name=name, policy=policy)
        warn_of_doubts(document)

    @app.command(
        name="delete-policy",
        help=f"Delete an inline policy of a {kind}.",
        help_epilogue=examples(f"wharfside {kind} delete-policy {_EXAMPLES[kind]} extra"),
    )
    def delete_policy(name: str, policy: str, /, *, options: Options = DEFAULTS) -> None:
        from wharfside.registry import identity_policies

        with administration(options) as admin:
            admin.write(identity_policies.delete_inline, admin.account, kind, name, policy)
            say(f"Deleted policy {policy} of {kind} {name}.", as_json=options.as_json, name=name, policy=policy)

    @app.command(
        help=f"Bound what a {kind} may by a policy, or without one take the boundary away.",
        help_epilogue=examples(f"wharfside {kind} boundary {_EXAMPLES[kind]} AmazonEC2ContainerRegistryPowerUser"),
    )
    def boundary(name: str, policy: str | None = None, /, *, options: Options = DEFAULTS) -> None:
        from wharfside.registry import identity_policies

        with administration(options) as admin:
            admin.write(identity_policies.set_boundary, admin.account, kind, name, policy)
            said = f"{kind.capitalize()} {name} is bounded by {policy}." if policy else f"{name} has no boundary."
            say(said, as_json=options.as_json, name=name, boundary=policy)

    del put_policy, delete_policy, boundary


def _add_changes(app: App, kind: Kind) -> None:
    @app.command(
        help=f"Replace the tags of a {kind}: KEY=VALUE ...; none removes them all.",
        help_epilogue=examples(f"wharfside {kind} tag {_EXAMPLES[kind]} team=web stage=test"),
    )
    def tag(name: str, /, *tags: str, options: Options = DEFAULTS) -> None:
        from wharfside.registry import identities

        wanted = parse_tags(list(tags))
        with administration(options) as admin:
            admin.write(identities.set_tags, admin.account, kind, name, wanted)
            say(f"{kind.capitalize()} {name} has {len(wanted)} tags.", as_json=options.as_json, name=name, tags=wanted)

    @app.command(
        name="revoke-sessions",
        help=f"End every session of a {kind} at once, with their docker passwords.",
        help_epilogue=examples(f"wharfside {kind} revoke-sessions {_EXAMPLES[kind]}"),
    )
    def revoke_sessions(name: str, /, *, options: Options = DEFAULTS) -> None:
        from wharfside.registry import identities

        with administration(options) as admin:
            admin.write(identities.revoke_sessions, admin.account, kind, name, admin.now)
            say(f"The sessions of {kind} {name} have ended.", as_json=options.as_json, name=name)

    @app.command(
        help=f"Delete a {kind}: its keys, sessions and docker passwords end at once.",
        help_epilogue=examples(f"wharfside {kind} delete {_EXAMPLES[kind]}"),
    )
    def delete(name: str, /, *, options: Options = DEFAULTS) -> None:
        from wharfside.registry import identities

        with administration(options) as admin:
            admin.write(identities.delete_identity, admin.account, kind, name)
            say(f"Deleted {kind} {name}.", as_json=options.as_json, name=name)

    del tag, revoke_sessions, delete


def create_with(
    connection: Connection, identity: Identity, policies: list[str], tags: dict[str, str], boundary: str | None
) -> dict[str, Any]:
    """Give a new user or role what it is to have from the beginning."""

    from wharfside.registry import identities, identity_policies

    account, kind, name = identity.account, identity.kind, identity.name
    for policy in policies:
        identity_policies.attach(connection, account, kind, name, policy)
    if tags:
        identities.set_tags(connection, account, kind, name, tags)
    if boundary is not None:
        identity_policies.set_boundary(connection, account, kind, name, boundary)
    return describe(connection, identities.require_identity(connection, account, kind, name))
