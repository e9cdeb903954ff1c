"""The settings that a command works with, and what is wrong with them: never what was set, which may be secret."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from wharfside.config import Settings

PREFIX: Final = "WHARFSIDE_"
_ALIKE: Final = 0.9
"""From which likeness on, of 1, a name counts as a slip of the fingers."""


class InvalidSettings(Exception):
    """The settings cannot be used. The text names each, and says why."""


def read_settings(file: Path | None = None, **given: object) -> Settings:
    """The settings, where `given` holds those of the command line (None: not given).

    `file`: that of $WHARFSIDE_CONFIG where none is given. Raises InvalidSettings.
    """
    from pydantic import ValidationError

    from wharfside.config import load_settings

    named = file or (Path(text) if (text := os.environ.get(f"{PREFIX}CONFIG")) else None)
    try:
        return load_settings(named, **given)
    except ValidationError as error:
        raise InvalidSettings(_problems(error, given)) from None
    except OSError as error:
        raise InvalidSettings(f"{error}. Name another file with --config or {PREFIX}CONFIG.") from None
    except ValueError as error:
        raise InvalidSettings(f"The settings file {named} is not valid TOML: {error}.") from None


def _problems(error: ValidationError, options: Collection[str]) -> str:
    # One is enough of a setting: where several types would do, each of them has its say.
    told: dict[object, str] = {}
    for problem in error.errors():
        told.setdefault(problem["loc"][:1] or problem["msg"], _problem(problem, options))
    return "\n".join(told.values())


def _problem(problem: ErrorDetails, options: Collection[str]) -> str:
    message = problem["msg"].removeprefix("Value error, ")
    if not problem["loc"]:  # a rule about several settings together
        return f"{message[:1].upper()}{message[1:]}."
    name, *members = [str(part) for part in problem["loc"]]
    if problem["type"] == "extra_forbidden":
        from wharfside.config import Settings

        return f"There is no setting {name}.{_advice(name, Settings.model_fields)}"
    where = f"{PREFIX}{name.upper()} (or {name} in the settings file)"
    if name in options:
        where = f"--{name.replace('_', '-')} ({PREFIX}{name.upper()}, or {name} in the settings file)"
    return f"{': '.join([where, *members[:1]])}: {message}."


def misspelt_variables() -> list[str]:
    """What is to be said of variables that name no setting, but are much like one that does."""
    from wharfside.config import Settings

    known = {f"{PREFIX}{name.upper()}" for name in ("config", *Settings.model_fields)}
    return [
        f"{name} is no setting, and has no effect.{advice}"
        for name in os.environ
        if name.startswith(PREFIX) and name not in known and (advice := _advice(name, known))
    ]


def _advice(name: str, known: Collection[str]) -> str:
    from difflib import get_close_matches

    return "".join(f" Did you mean {found}?" for found in get_close_matches(name, known, 1, _ALIKE))
