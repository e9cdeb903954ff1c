"""Reading JSON that comes from strangers: what is ambiguous or no JSON at all is refused."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any, NoReturn, cast

from wharfside_sdk.model.errors import InvalidRequest, not_readable


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in this body; no body at all counts as `{}`, and a member that is null as absent.

    Refuses what is not UTF-8, not JSON, not an object, nested too deeply, or holds NaN, an infinity, or the same
    key twice in one object. Raises InvalidRequest (SerializationException).
    """
    if not body:
        return {}
    try:
        value = _DECODER.decode(body.decode())
    except RecursionError:
        raise not_readable("The request body is nested too deeply.") from None
    except InvalidRequest:
        raise
    except ValueError:
        raise not_readable("The request body is not valid JSON.") from None
    if not isinstance(value, dict):
        raise not_readable("The request body must be a JSON object.")
    return cast(dict[str, Any], value)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise not_readable("The request body has the same key twice in one object.")
    if None in members.values():
        return {name: value for name, value in members.items() if value is not None}
    return members


def _number(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        _constant(text)
    return value


def _constant(text: str) -> NoReturn:
    raise not_readable("The request body has a number that is not finite.")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_number, parse_constant=_constant)
