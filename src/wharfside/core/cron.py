"""Cron expressions: five fields that say at which minutes something is done, in UTC (POSIX, "crontab").

minute (0-59), hour (0-23), day of the month (1-31), month (1-12 or JAN-DEC), day of the week (0-7 or SUN-SAT, 0 and 7
are Sunday). A field is `*` or a list of numbers and ranges with commas between them; `/n` after `*` or a range takes
every n-th. If both fields of days are restricted, a day needs only one of them; one that begins with `*` is not.
"""

from __future__ import annotations

import math
from calendar import monthrange, timegm
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple

LONGEST: Final = 255
"""Characters of an expression."""
_SEARCHED_YEARS: Final = 41
"""A 29 February that is a Sunday is at most 40 years away, when a year like 2100 lies between."""
_NICKNAMES: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


class _Field(NamedTuple):
    name: str
    first: int
    last: int
    names: Mapping[str, int]


_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_FIELDS: Final = (
    _Field("minute", 0, 59, {}),
    _Field("hour", 0, 23, {}),
    _Field("day of the month", 1, 31, {}),
    _Field("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    _Field("day of the week", 0, 7, {name: number for number, name in enumerate(_WEEKDAYS)}),
)


@dataclass(frozen=True, slots=True)
class Cron:
    """The minutes that an expression names. Days of the week count from Sunday, which is 0."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: Collection[int]
    months: Collection[int]
    weekdays: Collection[int]
    either: bool
    """Whether a day needs to be only one of `days` and `weekdays`."""

    def next_after(self, moment: float) -> float:
        """The first of the minutes that begins after a moment, in seconds since the epoch. Raises ValueError if none
        comes."""
        begin = datetime.fromtimestamp((math.floor(moment / 60) + 1) * 60, UTC)
        time = (begin.hour, begin.minute)
        day = begin.day
        for number in range(12 * begin.year + begin.month - 1, 12 * (begin.year + _SEARCHED_YEARS)):
            year, month = number // 12, number % 12 + 1
            if month in self.months:
                first, length = monthrange(year, month)
                for each in range(day, length + 1):
                    if self._is_day(each, (first + each) % 7) and (found := self._time_from(time)) is not None:
                        return float(timegm((year, month, each, *found, 0)))
                    time = (0, 0)
            day, time = 1, (0, 0)
        raise ValueError("there is no such day")

    def _is_day(self, day: int, weekday: int) -> bool:
        if self.either:
            return day in self.days or weekday in self.weekdays
        return day in self.days and weekday in self.weekdays

    def _time_from(self, time: tuple[int, int]) -> tuple[int, int] | None:
        """The first hour and minute that is not before this one, on the same day."""
        return next(((h, m) for h in self.hours if h >= time[0] for m in self.minutes if (h, m) >= time), None)


@lru_cache(256)
def parse_cron(text: str) -> Cron:
    """Read an expression, or a nickname such as `@daily`. Raises ValueError, which says what is wrong."""
    if len(text) > LONGEST:
        raise ValueError(f"a cron expression has at most {LONGEST} characters")
    parts = _NICKNAMES.get(text.strip().lower(), text).split()
    if len(parts) != len(_FIELDS):
        raise ValueError(
            "a cron expression has five fields (minute, hour, day of the month, month, day of the week),"
            f" not {len(parts)}"
        )
    minutes, hours, days, months, weekdays = (_numbers(*pair) for pair in zip(parts, _FIELDS, strict=True))
    either = not (parts[2].startswith("*") or parts[4].startswith("*"))
    sunday_first = frozenset(number % 7 for number in weekdays)
    cron = Cron(tuple(sorted(minutes)), tuple(sorted(hours)), days, months, sunday_first, either)
    try:
        cron.next_after(0.0)
    except ValueError as error:
        raise ValueError(f"the cron expression {text!r} never comes: {error}") from None
    return cron


def _numbers(text: str, field: _Field) -> frozenset[int]:
    return frozenset(number for part in text.split(",") for number in _range(part, field))


def _range(part: str, field: _Field) -> range:
    span, slash, every = part.partition("/")
    step = _number(every, field, part) if slash else 1
    first, hyphen, last = span.partition("-")
    if span == "*":
        begin, end = field.first, field.last
    elif slash and not hyphen:
        example = f"{span}-{field.last}/{every}"
        raise ValueError(f"{part!r} is no {field.name}: a step follows `*` or a range, such as {example}")
    else:
        begin = _number(first, field, part)
        end = _number(last, field, part) if hyphen else begin
        if not field.first <= begin <= end <= field.last:
            raise ValueError(f"{part!r} is no {field.name}: it is from {field.first} to {field.last}, in rising order")
    if step < 1:
        raise ValueError(f"{part!r} is no {field.name}: the step is at least 1")
    return range(begin, end + 1, step)


def _number(text: str, field: _Field, part: str) -> int:
    if text.upper() in field.names:
        return field.names[text.upper()]
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise ValueError(f"{part!r} is no {field.name}: {text!r} is no number")
    return int(text)
