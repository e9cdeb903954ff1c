"""`wharfside policy`: managed policies, which users and roles may have attached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyclopts import App

from wharfside.cli.administration import (
    DEFAULTS,
    InputFile,
    Options,
    administration,
    examples,
    read_text,
    say,
    show_rows,
    warn_of_doubts,
)
from wharfside.cli.policy_simulation import EXAMPLES, simulate

if TYPE_CHECKING:
    from sqlalchemy import Connection

policy = App(
    name="policy",
    help="Managed policies, to be attached to users and roles.",
    help_epilogue=examples("wharfside policy list", "wharfside policy create push-to-team push-to-team.json"),
)


policy.command(simulate, help_epilogue=EXAMPLES)


@policy.command(
    help_epilogue=examples(
        "wharfside policy create push-to-team push-to-team.json", "wharfside user attach alice push-to-team"
    )
)
def create(name: str, file: InputFile, /, *, options: Options = DEFAULTS) -> None:
    """Make a policy from a file with its JSON (-: standard input)."""

    from wharfside.registry import identity_policies

    document = read_text(file)
    with administration(options) as admin:
        arn = admin.write(identity_policies.create_policy, admin.account, name, document, admin.now)
        say(f"Made policy {arn}.", as_json=options.as_json, arn=arn)
    warn_of_doubts(document)


@policy.command(help_epilogue=examples("wharfside policy update push-to-team push-to-team.json"))
def update(name: str, file: InputFile, /, *, options: Options = DEFAULTS) -> None:
    """Replace a policy, for everybody who has it."""

    from wharfside.registry import identity_policies

    document = read_text(file)
    with administration(options) as admin:
        arn = admin.write(identity_policies.update_policy, admin.account, name, document, admin.now)
        say(f"Replaced policy {arn}.", as_json=options.as_json, arn=arn)
    warn_of_doubts(document)


@policy.command(name="list", help_epilogue=examples("wharfside policy list"))
def list_(*, options: Options = DEFAULTS) -> None:
    """List the policies of an account, and the ready ones that every account has."""

    from wharfside.registry.ready_policies import ARN_PREFIX, READY_POLICIES
    from wharfside.store import identity_policies as stored

    with administration(options) as admin:

        def read(connection: Connection) -> list[dict[str, Any]]:
            arns = [each.arn for each in stored.list_managed(connection, admin.account)]
            arns += [ARN_PREFIX + name for name in READY_POLICIES]
            return [
                {"name": arn.rpartition("/")[2], "arn": arn, "attachments": len(stored.users_of(connection, arn))}
                for arn in arns
            ]

        show_rows(admin.read(read), ("name", "arn", "attachments"), as_json=options.as_json)


@policy.command(help_epilogue=examples("wharfside policy show AmazonEC2ContainerRegistryReadOnly"))
def show(name: str, /, *, options: Options = DEFAULTS) -> None:
    """Print the document of a policy, by its name or ARN."""

    from wharfside.registry import identity_policies

    with administration(options) as admin:

        def read(connection: Connection) -> str | None:
            arn = identity_policies.require_policy(connection, admin.account, name)
            return identity_policies.find_document(connection, admin.account, arn)

        print(admin.read(read))


@policy.command(help_epilogue=examples("wharfside policy delete push-to-team"))
def delete(name: str, /, *, options: Options = DEFAULTS) -> None:
    """Delete a policy that nobody has any more."""

    from wharfside.registry import identity_policies

    with administration(options) as admin:
        admin.write(identity_policies.delete_policy, admin.account, name)
        say(f"Deleted policy {name}.", as_json=options.as_json, name=name)
