"""`wharfside apply`: bring accounts, users, roles, policies and providers to what a file says."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from wharfside.cli.administration import DEFAULTS, InputFile, Options, administration, fail, read_text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wharfside.registry.declarations import Change, DeclaredAccount


def apply(
    file: InputFile,
    /,
    *,
    dry_run: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    yes: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    options: Options = DEFAULTS,
) -> None:
    """Bring accounts, users, roles, policies and providers to what a file says.

    It shows what it would change, and asks before it does. Who is mentioned gets
    exactly what the file says; who is not mentioned stays. A second time, there
    is nothing to do. Access keys are made with `wharfside key create`.

    Examples:

        wharfside apply team.yaml --dry-run
        wharfside apply team.yaml --yes

        $ cat team.yaml
        version: 1
        accounts:
          "111122223333":
            policies:
              push:
                Version: 2012-10-17
                Statement: {Effect: Allow, Action: "ecr:*", Resource: "*"}
            providers:
              https://ci.example.com: {audiences: [registry]}
            users:
              alice: {policies: [push], tags: {team: web}}
            roles:
              ci:
                policies: [AmazonEC2ContainerRegistryPowerUser]
                max_session_seconds: 7200
                trust:
                  Version: 2012-10-17
                  Statement:
                    Effect: Allow
                    Principal: {AWS: "111122223333"}
                    Action: "sts:AssumeRole"

    Users and roles may also have: path, inline (policies by name), boundary.

    Parameters
    ----------
    file
        YAML, or TOML when its name ends in .toml. -: standard input (YAML).
    dry_run
        Show the changes, and change nothing.
    yes
        Do not ask.
    """

    from wharfside.cli.declaration_file import InvalidDeclaration, parse_declaration
    from wharfside.registry.declarations import plan

    try:
        declared = parse_declaration(str(file), read_text(file))
    except InvalidDeclaration as error:
        fail(str(error))
    with administration(replace(options, account=None)) as admin:
        shown = [change.text for change in admin.read(plan, declared, admin.now)]
        _show(shown, as_json=options.as_json, applied=not dry_run)
        if dry_run or not shown:
            return
        if not yes and not _agreed():
            fail("Nothing was changed. Give --yes where nobody can be asked.")
        admin.noted["changes"] = shown
        if admin.write(_carry_out, declared, admin.now, shown):
            print(f"Made {len(shown)} changes.", file=sys.stderr)
        else:
            fail("Somebody else changed something meanwhile, so nothing was changed. Run it again.")


def _carry_out(connection: Connection, declared: tuple[DeclaredAccount, ...], now: float, shown: list[str]) -> bool:
    """Make the changes that were shown, all or none; False when they would be others by now."""

    from wharfside.registry.declarations import plan

    changes: list[Change] = plan(connection, declared, now)
    if [change.text for change in changes] != shown:
        return False
    for change in changes:
        change.carry_out(connection)
    return True


def _show(texts: list[str], *, as_json: bool, applied: bool) -> None:
    if as_json:
        print(json.dumps({"changes": texts, "dryRun": not applied}, indent=2))
        return
    if not texts:
        print("Everything is as the file says.")
        return
    if not sys.stdout.isatty():
        print("\n".join(texts))
        return
    from rich.console import Console
    from rich.text import Text

    colours = {"+": "green", "-": "red", "~": "yellow"}
    for text in texts:
        Console().print(Text(text, style=colours[text[0]]))


def _agreed() -> bool:
    if not sys.stdin.isatty():
        return False
    return input("Make these changes? [y/N] ").strip().lower() in ("y", "yes")
