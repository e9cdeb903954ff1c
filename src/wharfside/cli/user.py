"""`wharfside user`: people and programs with access keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from wharfside.cli.administration import DEFAULTS, Options, administration, examples, show_one
from wharfside.cli.identity_commands import add_commands, create_with, parse_tags

if TYPE_CHECKING:
    from sqlalchemy import Connection

user = App(
    name="user",
    help="Users: people and programs with access keys (see `wharfside key`).",
    help_epilogue=examples(
        "wharfside user create alice --policy AmazonEC2ContainerRegistryPowerUser", "wharfside user list"
    ),
)


@user.command(
    help_epilogue=examples(
        "wharfside user create alice --policy AmazonEC2ContainerRegistryPowerUser",
        "wharfside user create bob --tag team=web --account 111122223333",
        "wharfside user list",
        "wharfside user delete alice",
    )
)
def create(
    name: str,
    /,
    *,
    policy: Annotated[list[str] | None, Parameter(negative="")] = None,
    boundary: str | None = None,
    tag: Annotated[list[str] | None, Parameter(negative="")] = None,
    path: str = "/",
    options: Options = DEFAULTS,
) -> None:
    """Make a user. It may do nothing until it has a policy.

    Parameters
    ----------
    policy
        A policy to attach, by its name or ARN; may be given more than once.
    boundary
        The policy that bounds what the user may, whatever other policies say.
    tag
        KEY=VALUE; may be given more than once.
    path
        Path in the user's ARN.
    """

    from wharfside.registry import identities

    tags = parse_tags(tag or [])
    with administration(options) as admin:

        def make(connection: Connection) -> dict[str, Any]:
            made = identities.create_user(connection, admin.account, name, admin.now, path)
            return create_with(connection, made, policy or [], tags, boundary)

        show_one(admin.write(make), as_json=options.as_json)


add_commands(user, "user")
