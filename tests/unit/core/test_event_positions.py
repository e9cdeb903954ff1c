"""A reader of events finds each once, in whatever order transactions end."""

from hypothesis import given
from hypothesis import strategies as st

from wharfside.core.event_positions import Gap, Position, Transactions, advanced

STEPS = st.lists(st.tuples(st.sampled_from(["begin", "insert", "commit", "abort", "read"]), st.integers(0, 9)))


@given(STEPS)
def test_every_committed_number_is_found_once(steps: list[tuple[str, int]]) -> None:
    """Transactions take numbers in their order, and end in another. A reader looks now and then."""
    running: dict[int, list[int]] = {}
    committed: set[int] = set()
    next_transaction, next_number = 1, 1
    position, found = Position(0), []

    def read() -> None:
        nonlocal position
        seen = Transactions(min(running, default=next_transaction), next_transaction)
        inside = {
            number
            for number in committed
            if number > position.number or any(gap.first <= number <= gap.last for gap in position.gaps)
        }
        found.extend(sorted(inside))
        position = advanced(position, inside, seen)

    for step, choice in steps:
        which = sorted(running)[choice % len(running)] if running else None
        if step == "begin":
            running[next_transaction] = []
            next_transaction += 1
        elif step == "read":
            read()
        elif which is not None and step == "insert":
            running[which].append(next_number)
            next_number += 1
        elif which is not None and step == "commit":
            committed.update(running.pop(which))
        elif which is not None and step == "abort":
            del running[which]
    for numbers in running.values():
        committed.update(numbers)
    running.clear()
    read()
    assert sorted(found) == sorted(committed)
    assert len(found) == len(set(found))
    assert position.gaps == ()


def test_a_gap_stays_while_a_transaction_may_fill_it() -> None:
    first = advanced(Position(3), [4, 8], Transactions(10, 12))
    assert first == Position(8, (Gap(5, 7, 12),))
    second = advanced(first, [6], Transactions(11, 14))
    assert second == Position(8, (Gap(5, 5, 12), Gap(7, 7, 12)))
    assert advanced(second, [], Transactions(12, 14)) == Position(8)


def test_without_concurrent_transactions_there_are_no_gaps() -> None:
    assert advanced(Position(0), [4, 9], Transactions(0, 0)) == Position(9)
