"""Writes the pages of the reference into `docs/reference`, from the service models and the facts beside this module.

They are written whenever the documentation is built, and not kept under version control: several hundred pages that
follow from the models would bury every change of a model in a difference that nobody reads. `docs/reference/index.md`
is kept, so that readers of the repository find what there is and how to build it.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from tools.codegen.naming import PACKAGES
from tools.reference import details, indexes
from wharfside_sdk.model.ir import ServiceName, load

FOLDER = Path(__file__).parents[2] / "docs" / "reference"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tools.reference", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, help="where to write (default: docs/reference)")
    folder: Path = parser.parse_args(arguments).folder
    for service in get_args(ServiceName):
        print(f"{service}: {write(service, folder / PACKAGES[service])} pages")


def write(service: ServiceName, folder: Path) -> int:
    """Writes the pages of one service and removes those that are no longer made; how many there are.

    A page that stays the same is not touched, since Sphinx builds what is newer than its last output.
    """
    made = pages(service)
    for path in folder.rglob("*.md"):
        if path.relative_to(folder).as_posix() not in made:
            path.unlink()
    for name, text in made.items():
        path = folder / name
        if not path.is_file() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return len(made)


def pages(service: ServiceName) -> Mapping[str, str]:
    """Every page of one service, by its path inside the service's folder."""
    model = load(service)
    return {**indexes.pages(model), **details.pages(model)}


if __name__ == "__main__":
    main()
