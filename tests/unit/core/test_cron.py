"""Cron expressions: which minutes they name, what is refused, and that no minute is left out or comes too early."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wharfside.core.cron import LONGEST, parse_cron


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def following(expression: str, after: str, count: int = 1) -> list[str]:
    """The minutes that an expression names next."""
    moment, found = at(after).timestamp(), list[str]()
    for _ in range(count):
        moment = parse_cron(expression).next_after(moment)
        found.append(f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M}")
    return found


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("* * * * *", "2026-11-21 10:00:59.5", ["2026-11-21 10:01", "2026-11-21 10:02"]),
        ("0 * * * *", "2026-11-21 10:00", ["2026-11-21 11:00", "2026-11-21 12:00"]),
        ("*/25 * * * *", "2026-11-21 10:00", ["2026-11-21 10:25", "2026-11-21 10:50", "2026-11-21 11:00"]),
        (
            "5,35 9-10 * * *",
            "2026-11-21 09:30",
            ["2026-11-21 09:35", "2026-11-21 10:05", "2026-11-21 10:35", "2026-11-22 09:05"],
        ),
        ("10-30/10 0 * * *", "2026-12-31 00:20", ["2026-12-31 00:30", "2027-01-01 00:10"]),
        ("0 3 31 * *", "2026-11-21", ["2026-12-31 03:00", "2027-01-31 03:00", "2027-03-31 03:00"]),
        ("0 0 29 2 *", "2096-03-01", ["2104-02-29 00:00"]),
        ("30 4 * * 1-5", "2026-11-20 05:00", ["2026-11-23 04:30", "2026-11-24 04:30"]),
        ("30 4 * * mon-FRI", "2026-11-20 05:00", ["2026-11-23 04:30"]),
        ("0 0 * * 0", "2026-11-21", ["2026-11-22 00:00"]),
        ("0 0 * * 7", "2026-11-21", ["2026-11-22 00:00"]),
        ("0 0 * * fri-7", "2026-11-21", ["2026-11-22 00:00", "2026-11-27 00:00"]),
        ("0 12 1 jan,JUL *", "2026-11-21", ["2027-01-01 12:00", "2027-07-01 12:00"]),
        # Both days restricted: either will do. One that begins with a star restricts nothing by itself.
        ("0 0 27 * 5", "2026-11-10", ["2026-11-13 00:00", "2026-11-20 00:00", "2026-11-27 00:00"]),
        ("0 0 13 * 5", "2026-12-05", ["2026-12-11 00:00", "2026-12-13 00:00"]),
        ("0 0 */10 * 5", "2026-11-10", ["2026-12-11 00:00"]),
        ("0 0 30 2 1", "2026-11-21", ["2027-02-01 00:00"]),
        ("0 0 29 2 */7", "2088-03-01", ["2128-02-29 00:00"]),
        ("@hourly", "2026-11-21 10:30", ["2026-11-21 11:00"]),
        ("@daily", "2026-11-21 10:30", ["2026-11-22 00:00"]),
        ("@Weekly", "2026-11-21 10:30", ["2026-11-22 00:00"]),
        ("@monthly", "2026-11-21 10:30", ["2026-12-01 00:00"]),
        ("@yearly", "2026-11-21 10:30", ["2027-01-01 00:00"]),
    ],
)
def test_the_minutes_that_an_expression_names(expression: str, after: str, expected: list[str]) -> None:
    assert following(expression, after, len(expected)) == expected


REFUSED = {
    "": "five fields",
    "* * * *": "not 4",
    "* * * * * *": "not 6",
    "60 * * * *": "'60' is no minute: it is from 0 to 59",
    "* 24 * * *": "'24' is no hour",
    "* * 0 * *": "'0' is no day of the month: it is from 1 to 31",
    "* * * 13 *": "'13' is no month",
    "* * * * 8": "'8' is no day of the week: it is from 0 to 7",
    "30-10 * * * *": "in rising order",
    "5/10 * * * *": "such as 5-59/10",
    "*/0 * * * *": "the step is at least 1",
    "*/ * * * *": "'' is no number",
    "1, * * * *": "'' is no number",
    "1-2-3 * * * *": "'2-3' is no number",
    "-1 * * * *": "'' is no number",
    "\u0663 * * * *": "is no number",
    "jan * * * *": "'jan' is no number",
    "* * 30 2 *": "never comes",
    "* * 31 2,4,6,9,11 *": "never comes",
    "@reboot": "not 1",
    "0" * (LONGEST + 1): "at most 255 characters",
    f"{'9' * 200} * * * *": "is no number",
}


@pytest.mark.parametrize("expression", REFUSED)
def test_what_is_no_expression_is_refused_with_a_reason(expression: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as refusal:
        parse_cron(expression)
    assert REFUSED[expression] in str(refusal.value)


def field(first: int, last: int, largest: int | None = None) -> st.SearchStrategy[tuple[str, set[int]]]:
    """A field, and the numbers that it names; only `*` goes beyond the largest."""
    number = st.integers(first, last if largest is None else largest)
    spans = st.one_of(
        st.just(("*", first, last)),
        st.tuples(number, number).map(lambda two: (f"{min(two)}-{max(two)}", min(two), max(two))),
    )
    steps = st.tuples(spans, st.integers(1, last + 3)).map(
        lambda each: (f"{each[0][0]}/{each[1]}", set(range(each[0][1], each[0][2] + 1, each[1])))
    )
    parts = st.one_of(
        number.map(lambda each: (str(each), {each})),
        spans.map(lambda each: (each[0], set(range(each[1], each[2] + 1)))),
        steps,
    )
    return st.lists(parts, min_size=1, max_size=3).map(
        lambda each: (",".join(text for text, _ in each), {number for _, numbers in each for number in numbers})
    )


@given(
    minutes=field(0, 59),
    hours=field(0, 23),
    days=field(1, 31, 28),  # which every month has
    months=field(1, 12),
    weekdays=field(0, 7),
    moment=st.floats(0, 4e9),
)
def test_no_minute_is_left_out_and_none_comes_that_is_not_named(
    minutes: tuple[str, set[int]],
    hours: tuple[str, set[int]],
    days: tuple[str, set[int]],
    months: tuple[str, set[int]],
    weekdays: tuple[str, set[int]],
    moment: float,
) -> None:
    """Judged day by day, and within a day minute by minute, from the definition alone."""

    def is_day(day: datetime) -> bool:
        in_days, in_week = day.day in days[1], (day.weekday() + 1) % 7 in {each % 7 for each in weekdays[1]}
        free = days[0].startswith("*") or weekdays[0].startswith("*")
        return day.month in months[1] and (in_days and in_week if free else in_days or in_week)

    cron = parse_cron(" ".join((minutes[0], hours[0], days[0], months[0], weekdays[0])))
    found = cron.next_after(moment)
    assert found > moment
    assert found % 60 == 0
    last = datetime.fromtimestamp(found, UTC)
    assert is_day(last)
    assert last.hour in hours[1]
    assert last.minute in minutes[1]
    begin = datetime.fromtimestamp(moment, UTC)
    day = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    while day <= last:
        if is_day(day):
            named = [day + timedelta(hours=hour, minutes=minute) for hour in hours[1] for minute in minutes[1]]
            assert not [each for each in named if begin < each < last]
        day += timedelta(days=1)
