"""The numbers as a table on the terminal, as Markdown in a document, and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.cases import Case, Numbers, Target

_BEGIN, _END = "<!-- table begins -->", "<!-- table ends -->"
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
        met = {None: "", True: "yes", False: "NO"}[self.met]
        numbers = (_short(self.wharfside), _short(self.rival), f"{self.ratio:.2f}x")
        return (self.case, self.measure, *numbers, self.target, met)


def _short(value: float) -> str:
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


def table(rows: list[Row]) -> str:
    """Aligned Markdown, which reads well on a terminal too."""
    cells = [_HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEADINGS))]
    left = {0, 1}
    rule = [("-" * width) if column in left else "-" * (width - 1) + ":" for column, width in enumerate(widths)]

    def aligned(line: tuple[str, ...]) -> str:
        parts = (
            text.ljust(width) if column in left else text.rjust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        return f"| {' | '.join(parts)} |"

    head, *body = (aligned(line) for line in cells)
    return "\n".join([head, f"| {' | '.join(rule)} |", *body])


def update_document(document: Path, heading: str, rows: list[Row]) -> None:
    """Replaces what stands between the two markers in a Markdown document. Raises ValueError where it has none."""
    text = document.read_text()
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{document} has no lines {_BEGIN} and {_END} to put the table between")
    document.write_text(f"{before}{_BEGIN}\n{heading}\n\n{table(rows)}\n{_END}{after}")
