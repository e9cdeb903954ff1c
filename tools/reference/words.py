"""Types, constraints and tables in words, as Markdown. Links lead from a page in a folder of the service's folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from tools.reference.facts import facts
from tools.reference.names import page_of
from wharfside_sdk.model.ir import Enum, Field, ListShape, MapShape, Scalar, Service, Structure

_SCALARS: Final = {
    "string": "string",
    "integer": "whole number",
    "long": "whole number",
    "float": "number",
    "double": "number",
    "boolean": "boolean",
    "timestamp": "time",
    "blob": "bytes",
}


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """The lines of a table; none when it has no rows."""
    columns, lines = list(head), [f"| {' | '.join(row)} |" for row in rows]
    return ["", f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}", *lines, ""] if lines else []


def page(lines: Iterable[str]) -> str:
    """The text of a page, with one empty line around headings and tables."""
    kept = [""]
    for line in lines:
        if line.startswith("#") and kept[-1]:
            kept.append("")
        if line or kept[-1]:
            kept.append(line)
    return "\n".join(kept).strip() + "\n"


def code(text: str) -> str:
    """Text as code, in a table too."""
    return "`" + text.replace("|", "\\|") + "`"


def link(path: str, text: str | None = None) -> str:
    """A link to the page of a shape, an operation, a paginator or a waiter."""
    return f"[{text or path.partition('/')[2]}](../{path}.md)"


def python_block(source: str) -> list[str]:
    """The lines of a block of Python."""
    return ["", "```python", source, "```", ""]


def type_of(service: Service, name: str) -> str:
    """The type of a shape's values."""
    match service.shapes[name]:
        case Scalar() as scalar:
            return _SCALARS[scalar.kind]
        case ListShape(item=item):
            return f"list of {type_of(service, item)}"
        case MapShape(key=key, value=value):
            return f"map of {type_of(service, key)} to {type_of(service, value)}"
        case Structure() | Enum():
            return link(page_of(service, name) or "", name)


def constraints(service: Service, field: Field) -> Iterator[str]:
    """What the service demands of a member's values, a sentence each."""
    if field.pattern:
        yield f"Must match {code(field.pattern)} as a whole."
    if field.printed_pattern and field.printed_pattern != field.pattern:
        yield f"The error's text names {code(field.printed_pattern)}."
    yield from _of_shape(service, field.shape, "")


def _of_shape(service: Service, name: str, subject: str) -> Iterator[str]:
    match service.shapes[name]:
        case ListShape() as shape:
            yield from _bounds(shape.minimum, shape.maximum, " item(s)", subject)
            yield from _of_shape(service, shape.item, "Each: ")
        case Scalar() as shape:
            unit = {"string": " character(s)", "blob": " byte(s)"}.get(shape.kind, "")
            yield from _bounds(shape.minimum, shape.maximum, unit, subject)
            if shape.pattern:
                meaning = facts(service.name).patterns[name]
                yield f"{subject}{meaning} Pattern: {code(shape.pattern)}."
        case _:
            pass


def _bounds(minimum: int | None, maximum: int | None, unit: str, subject: str) -> Iterator[str]:
    if maximum is not None:
        bounds = f"{minimum or 0:,} to {maximum:,}"
    elif minimum:
        bounds = f"At least {minimum:,}"
    else:
        return
    plural = unit.replace("(s)", "" if (minimum, maximum) in ((1, None), (None, 1), (1, 1)) else "s")
    yield f"{subject}{bounds}{plural}."


def members(service: Service, structure: Structure, *, required: bool, always: bool) -> list[str]:
    """A table of a structure's members: `required` says what requests must hold, `always` what answers always hold."""
    known = facts(service.name)
    head = ["member", "type", *(["required"] if required else []), *(["always answered"] if always else [])]
    rows: list[list[str]] = []
    for field in structure.fields:
        default = "" if field.required or not required else known.default(structure.name, field.name)
        sentences = [
            "Deprecated." if field.deprecated else "",
            known.member(structure.name, field.name),
            *(constraints(service, field) if required else ()),
            f"Default: {default}." if default else "",
        ]
        row = [code(field.name), type_of(service, field.shape)]
        row += ["yes" if field.required else "no"] if required else []
        row += ["yes" if field.always else "no"] if always else []
        rows.append([*row, " ".join(filter(None, sentences))])
    return table([*head, "meaning"], rows) or ["", "It has no members.", ""]
