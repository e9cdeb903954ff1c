"""Condition operators of the IAM policy language (IAM user guide, "Condition operators")."""

from __future__ import annotations

import base64
import binascii
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache, partial
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Literal, TypeVar, cast

from wharfside.core.policy_variables import (
    Lookup,
    Malformed,
    Undecidable,
    fill_in,
    has_variables,
    parse_template,
    text_of,
)
from wharfside.core.wildcards import Pattern, Piece, compile_pieces, compile_wildcards

T = TypeVar("T")
Test = Callable[[str, Lookup], bool]
"""Whether one value of the request fits any of the policy's. Raises Undecidable."""
Quantifier = Literal["ForAllValues", "ForAnyValue"]


@dataclass(frozen=True, slots=True)
class Condition:
    """One key under one operator."""

    key: str
    test: Test
    negated: bool
    quantifier: Quantifier | None
    if_exists: bool

    def holds(self, lookup: Lookup) -> bool:
        """Whether the request fulfils the condition. Raises Undecidable.

        A request without the key fulfils what is negated, as in IAM. Several values without a quantifier are
        not decided, nor is `ForAnyValue` with `IfExists` without any: what is told of IAM contradicts itself.
        """
        values = lookup(self.key)
        if self.quantifier is None:
            if len(values) > 1:
                raise Undecidable(self.key)
            if not values:
                return self.negated or self.if_exists
            return self.test(values[0], lookup) != self.negated
        if not values and self.quantifier == "ForAnyValue" and self.if_exists:
            raise Undecidable(self.key)
        each = [self.test(value, lookup) != self.negated for value in values]
        return all(each) if self.quantifier == "ForAllValues" else any(each)


@dataclass(frozen=True, slots=True)
class NullCondition:
    """Whether the request must be without the key."""

    key: str
    absent: frozenset[bool]

    def holds(self, lookup: Lookup) -> bool:
        """Whether the request fulfils the condition. Raises Undecidable."""
        return (not lookup(self.key)) in self.absent


def compile_conditions(block: Any, *, variables: bool) -> list[Condition | NullCondition | None]:
    """The conditions of a statement; None stands for one that is not understood. Raises Malformed."""
    conditions: list[Condition | NullCondition | None] = []
    for name, keys in _members(block).items():
        for key, values in _members(keys).items():
            try:
                conditions.append(_condition(name, key.lower(), _texts(values), variables))
            except Malformed:
                conditions.append(None)
    return conditions


def _members(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed("a condition is not an object")
    return cast("dict[str, Any]", value)


def _texts(values: Any) -> list[str]:
    each = cast("list[Any]", values) if isinstance(values, list) else [values]
    if not each:
        raise Malformed("a condition has no values")
    return [_text(value) for value in each]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise Malformed("a condition's value is neither text, number nor truth value")


_NAME = re.compile(r"(?:(forallvalues|foranyvalue):)?([a-z]+?)(ifexists)?", re.IGNORECASE)
_QUANTIFIERS: Mapping[str, Quantifier] = {"forallvalues": "ForAllValues", "foranyvalue": "ForAnyValue"}


def _condition(name: str, key: str, values: list[str], variables: bool) -> Condition | NullCondition:
    match = _NAME.fullmatch(name)
    if match is None:
        raise Malformed("unknown operator")
    base, quantifier = match[2].lower(), _QUANTIFIERS.get((match[1] or "").lower())
    if base == "null":
        if match[1] or match[3]:
            raise Malformed("Null takes no quantifier and no IfExists")
        return NullCondition(key, frozenset(_boolean(value) for value in values))
    make, negated = _OPERATORS.get(base, (None, False))
    if make is None:
        raise Malformed("unknown operator")
    return Condition(key, make(values, variables), negated, quantifier, match[3] is not None)


def _texts_test(values: Sequence[str], variables: bool, fold: Callable[[str], str]) -> Test:
    templates = [parse_template(value) for value in values if variables and has_variables(value)]
    fixed = frozenset(fold(value) for value in values if not (variables and has_variables(value)))

    def test(value: str, lookup: Lookup) -> bool:
        folded = fold(value)
        if folded in fixed:
            return True
        filled = (fill_in(template, lookup) for template in templates)
        return any(pieces is not None and fold(text_of(pieces)) == folded for pieces in filled)

    return test


def _patterns_test(values: Sequence[str], variables: bool) -> Test:
    templates = [parse_template(value) for value in values if variables and has_variables(value)]
    fixed = compile_wildcards([value for value in values if not (variables and has_variables(value))])

    def test(value: str, lookup: Lookup) -> bool:
        if fixed.match(value):
            return True
        filled = (fill_in(template, lookup) for template in templates)
        return any(pieces is not None and compile_pieces(pieces).match(value) for pieces in filled)

    return test


_COLONS = 5
"""An ARN has six components, of which only the last may have colons of its own."""


def _arns_test(values: Sequence[str], variables: bool) -> Test:
    """Wildcards stay within one component."""
    templates = [parse_template(value) if variables else (Piece(value),) for value in values]
    for template in templates:
        if sum(part.text.count(":") for part in template if isinstance(part, Piece)) < _COLONS:
            raise Malformed("not an ARN")

    def test(value: str, lookup: Lookup) -> bool:
        components = value.split(":", _COLONS)
        if len(components) <= _COLONS:
            raise Undecidable("not an ARN")
        filled = (fill_in(template, lookup) for template in templates)
        return any(
            pieces is not None and all(map(Pattern.match, _arn_pattern(pieces), components)) for pieces in filled
        )

    return test


@lru_cache(1024)
def _arn_pattern(pieces: tuple[Piece, ...]) -> tuple[Pattern, ...]:
    components: list[list[Piece]] = [[]]
    for piece in pieces:
        first, *rest = piece.text.split(":", 1 + _COLONS - len(components))
        components[-1].append(Piece(first, piece.literal))
        components += [[Piece(text, piece.literal)] for text in rest]
    return tuple(compile_pieces(component) for component in components)


def _parsed_test(
    values: Sequence[str],
    _variables: bool,
    parse: Callable[[str], T],
    compare: Callable[[T, T], bool],
) -> Test:
    """Values that have to be read first. What the request has and cannot be read is undecidable."""
    wanted = [parse(value) for value in values]

    def test(value: str, _lookup: Lookup) -> bool:
        try:
            given = parse(value)
        except Malformed as error:
            raise Undecidable(str(error)) from error
        return any(compare(given, each) for each in wanted)

    return test


_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?", re.ASCII)
_SECONDS = re.compile(r"[+-]?[0-9]{1,12}(?:\.[0-9]{1,9})?", re.ASCII)


def _number(text: str) -> Decimal:
    if _NUMBER.fullmatch(text) is None:
        raise Malformed("not a number")
    return Decimal(text)


def _date(text: str) -> float:
    """Seconds since the epoch, from such a number or a date of ISO 8601; without a zone in UTC."""
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        date = datetime.fromisoformat(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        raise Malformed("not a date") from error


def _boolean(text: str) -> bool:
    lower = text.lower()
    if lower not in ("true", "false"):
        raise Malformed("not a truth value")
    return lower == "true"


def _binary(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("not base64") from error


_Network = IPv4Network | IPv6Network


_MAPPED_BITS = 96
"""Bits of an IPv6 address before the IPv4 address that it carries."""


def _addresses(text: str) -> _Network:
    """A network, or a single address as a network of one; IPv4 addresses that IPv6 carries are themselves."""
    try:
        network = ip_network(text, strict=False)
    except ValueError as error:
        raise Malformed("not an IP address") from error
    if isinstance(network, IPv6Network) and network.prefixlen >= _MAPPED_BITS:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))
    return network


def _within(given: _Network, wanted: _Network) -> bool:
    return given.version == wanted.version and given.network_address in wanted


def _fold(text: str) -> str:
    return text.casefold()


def _same(text: str) -> str:
    return text


Maker = Callable[[Sequence[str], bool], Test]


def _positive_and_negative(positive: str, negative: str, make: Maker) -> dict[str, tuple[Maker, bool]]:
    return {positive: (make, False), negative: (make, True)}


def _ordered(kind: str, parse: Callable[[str], Any]) -> dict[str, tuple[Maker, bool]]:
    comparisons: Mapping[str, Callable[[Any, Any], bool]] = {
        "lessthan": operator.lt,
        "lessthanequals": operator.le,
        "greaterthan": operator.gt,
        "greaterthanequals": operator.ge,
    }
    makers: dict[str, tuple[Maker, bool]] = {
        kind + name: (partial(_parsed_test, parse=parse, compare=compare), False)
        for name, compare in comparisons.items()
    }
    equal = partial(_parsed_test, parse=parse, compare=operator.eq)
    return makers | _positive_and_negative(kind + "equals", kind + "notequals", equal)


_OPERATORS: Mapping[str, tuple[Maker, bool]] = {
    **_positive_and_negative("stringequals", "stringnotequals", partial(_texts_test, fold=_same)),
    **_positive_and_negative("stringequalsignorecase", "stringnotequalsignorecase", partial(_texts_test, fold=_fold)),
    **_positive_and_negative("stringlike", "stringnotlike", _patterns_test),
    **_positive_and_negative("arnequals", "arnnotequals", _arns_test),
    **_positive_and_negative("arnlike", "arnnotlike", _arns_test),
    **_positive_and_negative("ipaddress", "notipaddress", partial(_parsed_test, parse=_addresses, compare=_within)),
    **_ordered("numeric", _number),
    **_ordered("date", _date),
    "bool": (partial(_parsed_test, parse=_boolean, compare=operator.eq), False),
    "binaryequals": (partial(_parsed_test, parse=_binary, compare=operator.eq), False),
}
"""By name in lower case: how to make the test, and whether it is negated."""
