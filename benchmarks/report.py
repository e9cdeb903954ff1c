"""The numbers as a table on the terminal, as Markdown in a document, and as JSON."""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection, Sequence
from dataclasses import Field, asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

from benchmarks.cases import Case, Numbers, Target

_BEGIN, _END = "<!-- table begins -->", "<!-- table ends -->"
MET = {None: "", True: "yes", False: "NO"}
_HEADINGS = ("case", "measure", "Wharfside", "rival", "ratio", "target", "met")


@dataclass(frozen=True)
class Row:
    """One number of one case. `met` is None where there is no target."""

    case: str
    measure: str
    wharfside: float
    rival: float
    ratio: float
    target: str
    met: bool | None

    def cells(self) -> tuple[str, ...]:
        numbers = (short(self.wharfside), short(self.rival), f"{self.ratio:.2f}x")
        return (self.case, self.measure, *numbers, self.target, MET[self.met])


def short(value: float) -> str:
    """About three digits, as the noise allows no more."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def rows_of(case: Case, ours: Numbers, rival: Numbers) -> list[Row]:
    return [
        _row(case.name, measure, value, rival[measure], case.targets.get(measure)) for measure, value in ours.items()
    ]


def _row(case: str, measure: str, ours: float, rival: float, target: Target | None) -> Row:
    ratio = ours / rival if rival else float("inf")
    met = None if target is None else target.is_met(ours if target.absolute else ratio)
    return Row(case, measure, ours, rival, ratio, "" if target is None else str(target), met)


def table(headings: Sequence[str], lines: Sequence[Sequence[str]], left: Collection[int]) -> str:
    """Aligned Markdown, which reads well on a terminal too; the columns in `left` are aligned to the left."""
    cells = [headings, *lines]
    widths = [max(len(line[column]) for line in cells) for column in range(len(headings))]
    rule = [("-" * width) if column in left else "-" * (width - 1) + ":" for column, width in enumerate(widths)]

    def aligned(line: Sequence[str]) -> str:
        parts = (
            text.ljust(width) if column in left else text.rjust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        return f"| {' | '.join(parts)} |"

    head, *body = (aligned(line) for line in cells)
    return "\n".join([head, f"| {' | '.join(rule)} |", *body])


def table_of(rows: Sequence[Row]) -> str:
    return table(_HEADINGS, [row.cells() for row in rows], left={0, 1})


class Measured(Protocol):
    """A dataclass of one number."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def case(self) -> str: ...
    @property
    def measure(self) -> str: ...
    @property
    def met(self) -> bool | None: ...


def publish(results: str, rows: Sequence[Measured], arguments: argparse.Namespace) -> int:
    """Prints the results, writes them where `--json` and `--markdown` say; the exit code, which `--gate` lets fail."""
    print(results)
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(row) for row in rows], indent=2, ensure_ascii=False) + "\n")
    if arguments.markdown:
        update_document(arguments.markdown, results)
    missed = [f"{row.case} ({row.measure})" for row in rows if row.met is False]
    if missed:
        print(f"\nTargets missed: {', '.join(missed)}.")
    return 1 if missed and arguments.gate else 0


def update_document(document: Path, results: str) -> None:
    """Replaces what stands between the two markers in a Markdown document. Raises ValueError where it has none."""
    text = document.read_text()
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{document} has no lines {_BEGIN} and {_END} to put the table between")
    document.write_text(f"{before}{_BEGIN}\n{results}\n{_END}{after}")
