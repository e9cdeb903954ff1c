"""Vendors the service models of an installed botocore, and makes the SDK's modules from them; or compares both."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import cast

from tools.codegen.drift import differences
from tools.codegen.endpoints import read_endpoints
from tools.codegen.read import (
    SERVICES,
    BotocoreNotFound,
    Facts,
    UnknownTrait,
    find_botocore,
    read_overlay,
    read_service,
)
from tools.codegen.sources import source_drift, write_sources

MODEL = Path(__file__).parents[2] / "sdk" / "wharfside_sdk" / "model"
ENDPOINTS = MODEL / "endpoints.json"
EXAMPLES = """\
examples:
  python -m tools.codegen                      write the models of the installed botocore, and the modules
  python -m tools.codegen --check              say what has drifted from either; exit 1 when anything has
  python -m tools.codegen --botocore FOLDER    use the botocore package in FOLDER instead of the installed one
"""


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 done or no drift, 1 drift, 2 no botocore or a model that the reader does not understand."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.codegen",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--check", action="store_true", help="write nothing, report differences")
    parser.add_argument("--botocore", type=Path, metavar="FOLDER", help="folder of the botocore package")
    options = parser.parse_args(arguments)
    try:
        package = options.botocore or find_botocore()
        services = {name: {**read_service(package, name), "overlay": read_overlay(name)} for name in SERVICES}
        endpoints = read_endpoints(package)
    except (BotocoreNotFound, UnknownTrait) as error:
        print(error, file=sys.stderr)
        return 2
    return check(services, endpoints) if options.check else write(services, endpoints)


def write(services: dict[str, Facts], endpoints: Facts) -> int:
    """Writes one file per service and one of endpoints, one fact per line so that changes read well in a diff."""
    ENDPOINTS.write_text(_render(endpoints))
    for name, facts in services.items():
        vendored_file(name).write_text(_render(facts))
        counts = f"{len(facts['operations'])} operations, {len(facts['shapes'])} shapes"
        print(f"{name}: {counts} of botocore {facts['botocore']}")
    print(f"{write_sources()} modules made")
    return 0


def check(services: dict[str, Facts], endpoints: Facts) -> int:
    """Prints what differs from the vendored files; 1 when anything does."""
    drift = False
    for name, facts in {**services, "endpoints": endpoints}.items():
        vendored = json.loads(vendored_file(name).read_bytes())
        lines = list(differences(vendored.get("overlay"), facts.get("overlay"), "overlay"))
        if _release(facts["botocore"]) < _release(vendored["botocore"]):
            print(
                f"{name}: botocore {facts['botocore']} is older than the vendored model ({vendored['botocore']}): "
                "it was not compared"
            )
        else:
            lines += differences(_model_of(vendored), _model_of(facts))
            if not lines:
                print(f"{name}: botocore {facts['botocore']} equals the vendored model ({vendored['botocore']})")
        for line in lines:
            print(f"{name}: {line}")
        drift = drift or bool(lines)
    for line in source_drift():
        print(line)
        drift = True
    if drift:
        print("Something has drifted. Write it anew with `python -m tools.codegen`, then read the difference.")
    return int(drift)


def vendored_file(service: str) -> Path:
    """Where the facts of a service, or those of the endpoints, are kept."""
    return ENDPOINTS if service == "endpoints" else MODEL / f"{service}-{SERVICES[service]}.json"


def _model_of(facts: Facts) -> Facts:
    return {name: value for name, value in facts.items() if name not in {"botocore", "overlay"}}


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _render(facts: Facts) -> str:
    sections: list[str] = []
    for section, value in facts.items():
        if isinstance(value, dict) and value:
            members = cast(Facts, value)
            entries = ",\n".join(f"  {json.dumps(name)}:{_compact(entry)}" for name, entry in members.items())
            sections.append(f"{json.dumps(section)}:{{\n{entries}\n}}")
        else:
            sections.append(f"{json.dumps(section)}:{_compact(cast(object, value))}")
    return "{" + ",\n".join(sections) + "}\n"


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


if __name__ == "__main__":
    sys.exit(main())
