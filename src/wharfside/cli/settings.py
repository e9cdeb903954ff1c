"""The settings that a command works with, and what is wrong with them: never what was set, which may be secret."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError

    from wharfside.config import Settings


class InvalidSettings(Exception):
    """The settings cannot be used. The text names each, and says why."""


def read_settings(file: Path | None = None, **given: object) -> Settings:
    """The settings, where `given` holds those of the command line (None: not given).

    `file`: that of $WHARFSIDE_CONFIG where none is given. Raises InvalidSettings.
    """
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from wharfside.config import load_settings

    named = file or (Path(text) if (text := os.environ.get("WHARFSIDE_CONFIG")) else None)
    try:
        return load_settings(named, **given)
    except ValidationError as error:
        raise InvalidSettings(_problems(error)) from None
    except SettingsError as error:
        raise InvalidSettings(f"{error}: {error.__cause__}") from None
    except OSError as error:
        raise InvalidSettings(f"{error}. Name another file with --config or WHARFSIDE_CONFIG.") from None
    except ValueError as error:
        raise InvalidSettings(f"The settings file {named} is not valid TOML: {error}") from None


def _problems(error: ValidationError) -> str:
    lines: list[str] = []
    for problem in error.errors():
        name = ".".join(str(part) for part in problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        if not name:  # a rule about several settings together
            lines.append(f"{message[:1].upper()}{message[1:]}.")
            continue
        if problem["type"] == "extra_forbidden":
            lines.append(f"There is no setting {name}.")
            continue
        option = f"--{name}".replace("_", "-")
        lines.append(f"{option} (WHARFSIDE_{name.upper()}, or {name} in the settings file): {message}.")
    return "\n".join(lines)
