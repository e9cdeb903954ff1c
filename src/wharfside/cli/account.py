"""`wharfside account`: the accounts of the registry."""

from __future__ import annotations

from dataclasses import replace

from cyclopts import App

from wharfside.cli.administration import DEFAULTS, Options, administration, examples, moment, say, show_rows

account = App(
    name="account",
    help="Accounts: each has users, roles and repositories of its own.",
    help_epilogue=examples("wharfside account create 111122223333", "wharfside account list"),
)


@account.command(help_epilogue=examples("wharfside account create 111122223333"))
def create(number: str, /, *, options: Options = DEFAULTS) -> None:
    """Make an account.

    Parameters
    ----------
    number
        The account's id: 12 digits.
    """

    from wharfside.registry import identities

    with administration(replace(options, account=None)) as admin:
        admin.write(identities.create_account, number, admin.now)
        say(f"Made account {number}.", as_json=options.as_json, account=number)


@account.command(name="list", help_epilogue=examples("wharfside account list --json"))
def list_(*, options: Options = DEFAULTS) -> None:
    """List the accounts."""

    from wharfside.store import identities as stored

    with administration(replace(options, account=None)) as admin:
        found = admin.read(stored.list_accounts)
        rows = [{"account": each.id, "created": moment(each.created_at)} for each in found]
        show_rows(rows, ("account", "created"), as_json=options.as_json)


@account.command(help_epilogue=examples("wharfside account delete 111122223333"))
def delete(number: str, /, *, options: Options = DEFAULTS) -> None:
    """Delete an account with its users, roles and policies. It may have no repositories any more.

    Parameters
    ----------
    number
        The account's id: 12 digits.
    """

    from wharfside.registry import identities

    with administration(replace(options, account=None)) as admin:
        admin.write(identities.delete_account, number)
        say(f"Deleted account {number}.", as_json=options.as_json, account=number)
