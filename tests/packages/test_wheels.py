"""What the wheels of both distributions hold and say of themselves."""

from __future__ import annotations

import subprocess
import tomllib
from configparser import ConfigParser
from pathlib import Path

import pytest
from distributions import ROOT, Wheel

PACKAGES = {"wharfside": ROOT / "src" / "wharfside", "wharfside-sdk": ROOT / "sdk" / "wharfside_sdk"}
PROJECTS = {"wharfside": ROOT, "wharfside-sdk": ROOT / "sdk"}


def tracked(package: Path) -> set[str]:
    """The files of a package under version control, or about to be, as they are named in a wheel."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "."]
    listing = subprocess.run(command, cwd=package, capture_output=True, text=True, check=True).stdout
    return {f"{package.name}/{name}" for name in listing.split("\0") if name and (package / name).is_file()}


@pytest.mark.parametrize("name", PACKAGES)
def test_a_wheel_holds_its_package_and_nothing_else(wheels: dict[str, Wheel], name: str) -> None:
    package = PACKAGES[name]
    inside = {file for file in wheels[name].files if ".dist-info/" not in file}
    assert inside == tracked(package)
    assert f"{package.name}/py.typed" in inside


def test_the_sdk_brings_its_models_and_generated_modules(wheels: dict[str, Wheel]) -> None:
    files = wheels["wharfside-sdk"].files
    assert len([file for file in files if file.startswith("wharfside_sdk/model/") and file.endswith(".json")]) == 3
    for service in ("ecr", "ecr_public"):
        for module in ("literals", "type_defs", "models/__init__", "client", "aio", "paginator", "exceptions"):
            assert f"wharfside_sdk/{service}/{module}.py" in files


@pytest.mark.parametrize("name", PACKAGES)
def test_a_wheel_says_what_it_is(wheels: dict[str, Wheel], name: str) -> None:
    metadata = wheels[name].metadata
    project = tomllib.loads((PROJECTS[name] / "pyproject.toml").read_text())["project"]
    assert metadata["Version"] == project["version"]
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert "Apache License" in wheels[name].read("licenses/LICENSE")
    classifiers = metadata.get_all("Classifier", [])
    assert {"Typing :: Typed", "Programming Language :: Python :: 3.13"} <= set(classifiers)
    assert str(metadata.get_payload()).startswith((PROJECTS[name] / "README.md").read_text()[:200])


def test_the_program_needs_the_sdk_of_its_version(wheels: dict[str, Wheel]) -> None:
    needed = wheels["wharfside"].metadata.get_all("Requires-Dist", [])
    assert f"wharfside-sdk=={wheels['wharfside-sdk'].metadata['Version']}" in needed


def test_commands_and_fixtures_are_announced(wheels: dict[str, Wheel]) -> None:
    points = ConfigParser()
    points.read_string(wheels["wharfside"].read("entry_points.txt"))
    assert set(points["console_scripts"]) == {"wharfside", "docker-credential-wharfside"}
    assert dict(points["pytest11"]) == {"wharfside": "wharfside.testing.plugin"}
