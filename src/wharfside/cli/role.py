"""`wharfside role`: what others become for a while, by AssumeRole or with a token of an identity provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from wharfside.cli.administration import (
    DEFAULTS,
    InputFile,
    Options,
    administration,
    examples,
    read_text,
    say,
    show_one,
)
from wharfside.cli.identity_commands import add_commands, create_with, parse_tags

if TYPE_CHECKING:
    from sqlalchemy import Connection

role = App(
    name="role",
    help="Roles: what others become for a while, as far as the role's trust policy lets them.",
    help_epilogue=examples("wharfside role create ci --trust trust.json", "wharfside role show ci"),
)


@role.command(
    help_epilogue=examples(
        "wharfside role create ci --trust trust.json --policy AmazonEC2ContainerRegistryPowerUser",
        "wharfside role show ci",
        "wharfside role revoke-sessions ci",
    )
)
def create(
    name: str,
    /,
    *,
    trust: InputFile,
    policy: Annotated[list[str] | None, Parameter(negative="")] = None,
    boundary: str | None = None,
    tag: Annotated[list[str] | None, Parameter(negative="")] = None,
    path: str = "/",
    max_session_seconds: int | None = None,
    options: Options = DEFAULTS,
) -> None:
    """Make a role.

    Parameters
    ----------
    trust
        File with the trust policy (JSON): who may assume the role. -: standard input.
    policy
        A policy to attach, by its name or ARN; may be given more than once.
    boundary
        The policy that bounds what the role may, whatever other policies say.
    tag
        KEY=VALUE; may be given more than once.
    path
        Path in the role's ARN.
    max_session_seconds
        The longest session, 3600 to 43200 seconds.
    """

    from wharfside.core.policies import PolicyKind
    from wharfside.registry import identities
    from wharfside.registry.identity_policies import check_document

    document, tags = read_text(trust), parse_tags(tag or [])
    longest = identities.DEFAULT_SESSION if max_session_seconds is None else max_session_seconds
    with administration(options) as admin:

        def make(connection: Connection) -> dict[str, Any]:
            check_document(document, PolicyKind.TRUST)
            made = identities.create_role(
                connection, admin.account, name, document, admin.now, path=path, max_session_seconds=longest
            )
            return create_with(connection, made, policy or [], tags, boundary)

        show_one(admin.write(make), as_json=options.as_json)


@role.command(
    help_epilogue=examples(
        "wharfside role update ci --trust trust.json", "wharfside role update ci --max-session-seconds 7200"
    )
)
def update(
    name: str,
    /,
    *,
    trust: InputFile | None = None,
    max_session_seconds: int | None = None,
    options: Options = DEFAULTS,
) -> None:
    """Change who may assume a role, and for how long.

    Parameters
    ----------
    trust
        File with the trust policy (JSON). -: standard input.
    max_session_seconds
        The longest session, 3600 to 43200 seconds.
    """

    from wharfside.core.policies import PolicyKind
    from wharfside.registry import identities
    from wharfside.registry.identity_policies import check_document

    document = None if trust is None else read_text(trust)
    with administration(options) as admin:

        def change(connection: Connection) -> None:
            if document is not None:
                check_document(document, PolicyKind.TRUST)
            identities.change_role(
                connection, admin.account, name, trust_policy=document, max_session_seconds=max_session_seconds
            )

        admin.write(change)
        say(f"Changed role {name}.", as_json=options.as_json, name=name)


add_commands(role, "role")
