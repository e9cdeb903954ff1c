"""The file of `wharfside apply`: read from YAML or TOML, and checked. Messages say where something is wrong."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from wharfside.core.names import is_account
from wharfside.registry.declarations import DeclaredAccount, DeclaredIdentity, DeclaredProvider
from wharfside.registry.identities import DEFAULT_SESSION, LONGEST_SESSION

DEEPEST = 20
"""Levels of a file."""
Place = tuple[str, ...]
_STARTS = (
    yaml.BlockSequenceStartToken,
    yaml.BlockMappingStartToken,
    yaml.FlowSequenceStartToken,
    yaml.FlowMappingStartToken,
)
_ENDS = (yaml.BlockEndToken, yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)


class InvalidDeclaration(Exception):
    """The file cannot be used. The text names each place, and what to do."""


def _account(text: str) -> str:
    if not is_account(text):
        raise ValueError("an account is 12 digits")
    return text


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _User(_Part):
    path: str = "/"
    policies: list[str] = []
    inline: dict[str, dict[str, Any]] = {}
    boundary: str | None = None
    tags: dict[str, str] = {}


class _Role(_User):
    trust: dict[str, Any]
    max_session_seconds: int = Field(DEFAULT_SESSION, ge=DEFAULT_SESSION, le=LONGEST_SESSION)


class _Provider(_Part):
    audiences: list[str] = Field(min_length=1)
    jwks: dict[str, Any] | None = None


class _Account(_Part):
    policies: dict[str, dict[str, Any]] = {}
    providers: dict[str, _Provider] = {}
    users: dict[str, _User] = {}
    roles: dict[str, _Role] = {}


class _File(_Part):
    version: Literal[1]
    accounts: dict[Annotated[str, AfterValidator(_account)], _Account]


def parse_declaration(name: str, text: str) -> tuple[DeclaredAccount, ...]:
    """What a file declares; TOML when its name ends so, else YAML. Raises InvalidDeclaration."""
    lines: dict[Place, int] = {}
    if Path(name).suffix == ".toml":
        try:
            value: Any = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InvalidDeclaration(f"{name} is not valid TOML: {error}") from error
        except RecursionError:
            raise InvalidDeclaration(f"{name} has more than {DEEPEST} levels.") from None
    else:
        value = _parse_yaml(name, text, lines)
    try:
        found = _File.model_validate(value)
    except ValidationError as error:
        raise InvalidDeclaration(_problems(name, error, lines)) from None
    return tuple(_declared(account, part) for account, part in found.accounts.items())


def _parse_yaml(name: str, text: str, lines: dict[Place, int]) -> Any:
    levels = 0
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            line = token.start_mark.line + 1
            if isinstance(token, yaml.AliasToken | yaml.AnchorToken | yaml.TagToken):
                raise InvalidDeclaration(f"{name}, line {line}: anchors, aliases and tags are not used here.")
            levels += isinstance(token, _STARTS) - isinstance(token, _ENDS)
            if levels > DEEPEST + 1:  # the time that scanning takes grows with the levels
                raise InvalidDeclaration(f"{name}, line {line}: more than {DEEPEST} levels.")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise InvalidDeclaration(f"{name} is not valid YAML: {' '.join(str(error).split())}") from error
    except RecursionError:
        raise InvalidDeclaration(f"{name} has more than {DEEPEST} levels.") from None
    return {} if node is None else _value(name, node, (), lines)


def _value(name: str, node: yaml.Node, place: Place, lines: dict[Place, int]) -> Any:
    """A node as a value; keys are always text, so that 012345678901 and 2012-10-17 need no quotes."""
    line = lines[place] = node.start_mark.line + 1
    if len(place) > DEEPEST:
        raise InvalidDeclaration(f"{name}, line {line}: more than {DEEPEST} levels.")
    if isinstance(node, yaml.MappingNode):
        values: dict[str, Any] = {}
        for key, value in cast("list[tuple[yaml.Node, yaml.Node]]", node.value):
            if not isinstance(key, yaml.ScalarNode):
                raise InvalidDeclaration(f"{name}, line {key.start_mark.line + 1}: a key must be text.")
            text = str(key.value)
            if text in values:
                raise InvalidDeclaration(f"{name}, line {key.start_mark.line + 1}: {text} is there twice.")
            values[text] = _value(name, value, (*place, text), lines)
            lines[*place, text] = key.start_mark.line + 1
        return values
    if isinstance(node, yaml.SequenceNode):
        entries = cast("list[yaml.Node]", node.value)
        return [_value(name, entry, (*place, str(number)), lines) for number, entry in enumerate(entries)]
    return _scalar(node)


def _scalar(node: yaml.Node) -> Any:
    kind = node.tag.rpartition(":")[2]
    text = str(node.value)
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() in ("true", "yes", "on")
    if kind == "int" and text.isascii() and text.isdigit() and (text == "0" or not text.startswith("0")):
        return int(text)
    return text


def _problems(name: str, error: ValidationError, lines: Mapping[Place, int]) -> str:
    problems: list[str] = []
    for problem in error.errors():
        place = tuple(str(part) for part in problem["loc"] if part != "[key]")
        line = next((lines[place[:length]] for length in range(len(place), 0, -1) if place[:length] in lines), None)
        where = f"{name}, line {line}" if line is not None else name
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            message = "there is no such key here; see `wharfside apply --help`"
        elif problem["type"] == "missing":
            message = "this key is missing"
        problems.append(f"{where}: {'.'.join(place)}: {message}")
    return "\n".join(problems)


def _declared(account: str, part: _Account) -> DeclaredAccount:
    users = [_identity("user", name, user) for name, user in part.users.items()]
    roles = [_identity("role", name, role) for name, role in part.roles.items()]
    providers = [
        DeclaredProvider(url, tuple(each.audiences), None if each.jwks is None else json.dumps(each.jwks))
        for url, each in part.providers.items()
    ]
    policies = {name: _document(policy) for name, policy in part.policies.items()}
    return DeclaredAccount(account, policies, tuple(providers), (*users, *roles))


def _identity(kind: Literal["user", "role"], name: str, part: _User) -> DeclaredIdentity:
    return DeclaredIdentity(
        kind=kind,
        name=name,
        path=part.path,
        policies=tuple(part.policies),
        inline={each: _document(document) for each, document in part.inline.items()},
        boundary=part.boundary,
        tags=part.tags,
        trust_policy=_document(part.trust) if isinstance(part, _Role) else "",
        max_session_seconds=part.max_session_seconds if isinstance(part, _Role) else DEFAULT_SESSION,
    )


def _document(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2)
