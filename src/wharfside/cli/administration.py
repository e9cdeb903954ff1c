"""What the commands that administer share: the database they work on, and how they answer.

They call the use cases on the configured database, so they work whether or not the server runs, and a change counts
from the next request on.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, NoReturn, ParamSpec, TypeVar, cast

from cyclopts import Parameter
from cyclopts.validators import Number

from wharfside.cli.main import WORDS
from wharfside.core.errors import RegistryError
from wharfside.folder import Folder

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wharfside.config import Settings
    from wharfside.store.audit import AuditRecord
    from wharfside.store.db import Db
    from wharfside.store.sealing import Sealer

P = ParamSpec("P")
T = TypeVar("T")
LONGEST_FILE = 1 << 20
"""Bytes of a file that a command reads."""


STORABLE = Parameter(validator=Number(gt=-(1 << 63), lt=1 << 63))
"""For whole numbers that a statement is run with: those that both databases know."""
InputFile = Annotated[Path, Parameter(allow_leading_hyphen=True)]
"""A file to read, or `-` for the standard input."""


@Parameter(name="*")
@dataclass(frozen=True)
class Options:
    """What every command takes."""

    data: Annotated[Path | None, Parameter(help="Data folder (default $WHARFSIDE_DATA, else ./data).")] = None
    account: Annotated[str | None, Parameter(help="Account (default: the first one).")] = None
    as_json: Annotated[bool, Parameter("--json", negative="", show_default=False, help="Print JSON.")] = False


DEFAULTS = Options()
Region = Annotated[str | None, Parameter(help="Region of the registry (default $WHARFSIDE_REGION, else us-east-1).")]


def examples(*lines: str) -> str:
    """The end of a help text. A line that is too long for a terminal is broken so that it can still be pasted."""
    broken = [part for line in lines for part in _broken(line)]
    return "\n".join(["Examples:", "", *[f"    {line}" for line in broken]])


_EXAMPLE_WIDTH = 74
_WORD = re.compile(r"--\S+ (?:'[^']*'|[^-\s]\S*)|'[^']*'|\S+")
"""A word of a command line, or an option with its value."""


def _broken(line: str) -> list[str]:
    if len(line) <= _EXAMPLE_WIDTH:
        return [line]
    lines = [""]
    for word in _WORD.findall(line):
        if len(lines[-1]) + len(word) > _EXAMPLE_WIDTH:
            lines[-1] += "\\"
            lines.append("    ")
        lines[-1] += f"{word} "
    return [each.rstrip() for each in lines]


def fail(message: str) -> NoReturn:
    """End the command: it failed, and this is why."""
    print(f"wharfside: {message}", file=sys.stderr)
    sys.exit(1)


def warn(message: str) -> None:
    """Say what may be a mistake, beside what the command prints."""
    print(f"wharfside: warning: {message}", file=sys.stderr)


def warn_of_doubts(document: str) -> None:
    """Point out what a policy that was set says without effect."""
    from wharfside.registry.policy_doubts import doubts

    for doubt in doubts(document):
        warn(doubt)


class Administration:
    """The database, with the account that a command is about."""

    def __init__(self, db: Db, sealer: Sealer, account: str, settings: Settings) -> None:
        self.db = db
        self.sealer = sealer
        self.account = account
        self.region = settings.region
        self.settings = settings
        self.noted: dict[str, Any] = {}
        """What the audit trail is to say besides the words of the command."""
        self.now = datetime.now(UTC).timestamp()

    @cached_property
    def key_sealer(self) -> Sealer:
        """Seals what keys of the key store encrypt with. Raises MasterKeyRefused, KeyFileRefused."""

        from wharfside.master_key import key_sealer, open_master_key

        return key_sealer(open_master_key(self.db.engine, self.settings, Folder(self.settings.data)))

    def read(self, use_case: Callable[Concatenate[Any, P], T], *arguments: P.args, **options: P.kwargs) -> T:
        """Call a use case that only reads with a connection first."""
        return self.db.read(lambda connection: use_case(connection, *arguments, **options))

    def write(self, use_case: Callable[Concatenate[Any, P], T], *arguments: P.args, **options: P.kwargs) -> T:
        """Call a use case that may write with a connection first; it is on disk when this returns.

        The command is recorded in the same transaction, unless the use case says with False that it changed nothing.
        """

        from wharfside.cli.recording import event_of
        from wharfside.registry.audit import record_of
        from wharfside.store.audit import insert_record

        record = record_of(event_of(WORDS.get(), self.account, self.region, self.noted), self.now)

        def work(connection: Connection) -> tuple[T, bool]:
            result = use_case(connection, *arguments, **options)
            changed = cast("object", result) is not False
            if changed:
                insert_record(connection, record)
            return result, changed

        result, changed = self.db.write(work).result()
        if changed:
            self.committed(record)
        return result

    def committed(self, record: AuditRecord) -> None:
        """Append what was recorded to the file that the settings name, as the server does.

        Nothing is said on the standard output, which is the command's: the server's is another one.
        """

        from wharfside.api.audit import AuditFile

        file = self.settings.audit_file
        if file is None or file == "-":
            return
        try:
            AuditFile(file, Folder(self.settings.data).audit_lock).write([record])
        except OSError as error:
            warn(f"This is in the audit trail, but cannot be appended to {file} ({error.strerror}).")


@contextmanager
def administration(options: Options) -> Generator[Administration]:
    """The registry that the options name. Ends the command with a message for whatever is refused."""

    from sqlalchemy.exc import DatabaseError

    from wharfside.cli.settings import InvalidSettings, read_settings
    from wharfside.registry.identities import require_account
    from wharfside.store import principals, schema
    from wharfside.store.db import DatabaseAddressRefused, Db, open_engine
    from wharfside.store.master_key import MasterKeyRefused
    from wharfside.store.sealing import KeyFileRefused, Sealer, load_or_create_key

    try:
        settings = read_settings(data=options.data)
    except InvalidSettings as error:
        fail(f"The settings are not valid.\n{error}")
    folder = Folder(settings.data)
    if not folder.key_file.exists():
        fail(
            f"No registry was ever started in {settings.data.absolute()}."
            " Start one with `wharfside serve`, or name another folder with --data or WHARFSIDE_DATA."
        )
    try:
        engine = open_engine(settings.database())
        schema.require_current(engine)
        db = Db(engine)
        try:
            account = options.account or db.read(principals.find_first_account) or settings.account
            db.read(lambda connection: require_account(connection, account))
            yield Administration(db, Sealer(load_or_create_key(folder.key_file)), account, settings)
        finally:
            db.close()
    except RegistryError as error:
        fail(error.message)
    except (schema.SchemaOutdated, schema.SchemaTooNew, KeyFileRefused, MasterKeyRefused) as error:
        fail(str(error))
    except DatabaseAddressRefused as error:
        fail(f"WHARFSIDE_DATABASE_URL is not valid: {error}")
    except DatabaseError as error:
        fail(f"The database cannot be used: {str(error.orig).strip()}")


def read_text(file: Path) -> str:
    """A file of at most LONGEST_FILE bytes; `-` is the standard input. Ends the command when it cannot be read."""
    try:
        if str(file) == "-":
            content = sys.stdin.buffer.read(LONGEST_FILE + 1)
        else:
            with file.open("rb") as opened:
                content = opened.read(LONGEST_FILE + 1)
        if len(content) > LONGEST_FILE:
            fail(f"{file} is larger than {LONGEST_FILE} bytes.")
        return content.decode()
    except OSError as error:
        fail(f"{file}: {error.strerror}.")
    except UnicodeDecodeError:
        fail(f"{file} is not UTF-8 text.")


def moment(seconds: float) -> str:
    """A moment as people and programs read it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def show_rows(rows: Sequence[Mapping[str, object]], columns: Sequence[str], *, as_json: bool) -> None:
    """A list: a table on a terminal, else lines of values between tabs, or JSON."""
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    cells = [[_cell(row[column]) for column in columns] for row in rows]
    if not sys.stdout.isatty():
        for line in cells:
            print("\t".join(line))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns)
    for line in cells:
        table.add_row(*[Text(text) for text in line])
    Console().print(table)


def show_one(values: Mapping[str, object], *, as_json: bool) -> None:
    """One thing, a line for each of its values, or JSON."""
    if as_json:
        print(json.dumps(values, indent=2))
        return
    width = max(len(name) for name in values) + 2
    for name, value in values.items():
        print(f"{name + ':':<{width}}{_cell(value)}")


def say(message: str, *, as_json: bool, **values: object) -> None:
    """What was done: for people, or as JSON the values."""
    print(json.dumps(values, indent=2) if as_json else message)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in cast("Sequence[object]", value))
    if isinstance(value, dict):
        return ", ".join(f"{key}={each}" for key, each in cast("dict[str, object]", value).items())
    return str(value)
