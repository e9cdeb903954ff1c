"""The command line. Nothing is imported before it is needed, so that `--help` answers at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cyclopts import App

SUMMARY: Final = "Amazon ECR that anyone can run: the ECR API and an OCI registry in one program."
COMMANDS: Final[Mapping[str, str]] = {
    "serve": "Run the registry.",
    "env": "Print the variables with which the AWS CLI and the SDKs reach it.",
    "login": "Log docker, podman or another container tool in.",
    "account": "Make, list and delete accounts.",
    "user": "Make users, and say what they may do.",
    "role": "Make roles, and say who may assume them.",
    "key": "Make, rotate, disable and delete access keys.",
    "policy": "Make policies for users and roles.",
    "provider": "Register OIDC issuers whose tokens roles trust.",
    "apply": "Bring accounts, users, roles and policies to what a file says.",
    "kms": "Make, rotate, disable and delete keys that repositories are encrypted with.",
    "lifecycle": "See what lifecycle policies would do, and carry them out.",
    "jobs": "List the background work, try it again, or cancel it.",
    "webhook": "Say who is told of what happens, and see whether they were.",
    "events": "Show what happens to images, or follow it.",
    "audit": "Show who did what, and who was refused what.",
}
WORDS: Final[ContextVar[tuple[str, ...]]] = ContextVar("WORDS", default=())
"""The command line that is being carried out."""
USAGE: Final = f"""\
Usage: wharfside COMMAND [OPTIONS]

{SUMMARY}

Commands:
{chr(10).join(f"  {name:<11}{text}" for name, text in COMMANDS.items())}

Options:
  -h, --help Show this text, or after a command what it takes.
  --version  Show the version.

Examples:
  wharfside serve
  eval "$(wharfside env)" && aws ecr create-repository --repository-name demo
  wharfside login --tool podman
  wharfside user create alice --policy AmazonEC2ContainerRegistryPowerUser
"""


def main() -> None:
    """Run the command that the arguments name. Exit code 2: they are not understood; 1: the command failed."""
    arguments = sys.argv[1:]
    try:
        if not arguments or arguments in (["--help"], ["-h"]):
            # Here rather than by the library, whose import alone takes longer than people like to wait for a text.
            print(USAGE, end="", flush=True)
        else:
            run(arguments)
    except BrokenPipeError:
        # Nobody reads on, as after `head`, and the interpreter would complain that it cannot write out the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run(arguments: Sequence[str]) -> None:
    """Parse the arguments, and run the command."""
    from cyclopts import CycloptsError, UnusedCliTokensError

    def explain(error: CycloptsError) -> str:
        if isinstance(error, UnusedCliTokensError):
            return f"wharfside: Unexpected argument: {' '.join(error.unused_tokens or [])}."
        return f"wharfside: {error}"

    WORDS.set(tuple(arguments))
    try:
        commands()(list(arguments), exit_on_error=False, error_formatter=explain)
        sys.stdout.flush()
    except CycloptsError:
        known = arguments[0] if arguments[0] in COMMANDS else None
        print(f"See `{' '.join(filter(None, ('wharfside', known)))} --help`.", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


def commands() -> App:
    """Every command, each imported when it is called."""
    from cyclopts import App

    app = App(name="wharfside", help=SUMMARY, help_format="plaintext", version_flags=["--version"])
    for name in COMMANDS:
        app.command(f"wharfside.cli.{name}:{name}", name=name)
    return app
