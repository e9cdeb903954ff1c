"""The tool that vendors the models, run on botocore packages of several ages."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tools.codegen.__main__ import main, vendored_file
from tools.codegen.drift import differences
from tools.codegen.endpoints import RULE_SETS
from tools.codegen.read import SERVICES, find_botocore, read_overlay


def package_of(folder: Path, version: str, change: Any = None) -> Path:
    """A botocore package that holds the vendored models in botocore's own form, with a change to them."""
    (folder / "__init__.py").write_text(f"__version__ = '{version}'\n")
    for service, api_version in SERVICES.items():
        facts = json.loads(vendored_file(service).read_bytes())
        if change:
            change(service, facts)
        target = folder / "data" / service / api_version
        target.mkdir(parents=True)
        (target / "service-2.json").write_text(json.dumps(_model(facts)))
        (target / "paginators-1.json").write_text(json.dumps({"pagination": facts["paginators"]}))
        (target / "waiters-2.json").write_text(json.dumps({"waiters": facts["waiters"]}))
    for service, api_version in RULE_SETS.items():
        copy_data(f"{service}/{api_version}/endpoint-rule-set-1.json.gz", folder)
    for name in ("partitions.json", "endpoints.json"):
        copy_data(name, folder)
    return folder


def copy_data(name: str, folder: Path) -> None:
    """Copy a file of the installed botocore's data into a package."""
    target = folder / "data" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(find_botocore() / "data" / name, target)


def _model(facts: dict[str, Any]) -> dict[str, Any]:
    shapes: dict[str, Any] = {}
    for name, shape in facts["shapes"].items():
        traits = {trait: value for trait, value in shape.items() if trait != "deprecated"}
        for trait in traits.keys() & {"member", "key", "value"}:
            traits[trait] = {"shape": traits[trait]}
        if "members" in traits:
            deprecated = shape.get("deprecated", ())
            traits["members"] = {
                member: {"shape": target, "documentation": "prose"}
                | ({"deprecated": True} if member in deprecated else {})
                for member, target in traits["members"].items()
            }
        shapes[name] = traits | {"documentation": "prose"}
    operations = {
        name: {
            "name": name,
            "http": {"method": "POST", "requestUri": "/"},
            "input": {"shape": operation["input"]},
            "output": {"shape": operation["output"]},
            "errors": [{"shape": error} for error in operation["errors"]],
        }
        for name, operation in facts["operations"].items()
    }
    return {"metadata": facts["metadata"], "operations": operations, "shapes": shapes}


def vendored_version() -> str:
    return json.loads(vendored_file("ecr").read_bytes())["botocore"]


def test_equal_models_are_no_drift(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check", "--botocore", str(package_of(tmp_path, vendored_version()))]) == 0
    assert "equals the vendored model" in capsys.readouterr().out


def test_an_older_botocore_is_no_drift(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def remove(service: str, facts: dict[str, Any]) -> None:
        facts["operations"].popitem()

    assert main(["--check", "--botocore", str(package_of(tmp_path, "1.9.200", remove))]) == 0
    assert "1.9.200 is older than the vendored model" in capsys.readouterr().out


def test_what_a_newer_botocore_changes_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def grow(service: str, facts: dict[str, Any]) -> None:
        if service == "ecr":
            facts["operations"]["PutImageTwice"] = facts["operations"]["PutImage"]
            facts["shapes"]["ImageTagMutability"]["enum"].append("SOMETIMES")
            facts["shapes"]["ReplicationRuleList"]["max"] = 99
            del facts["shapes"]["ImageIdentifier"]["members"]["imageTag"]

    assert main(["--check", "--botocore", str(package_of(tmp_path, "99.0.0", grow))]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("ecr: operations.PutImageTwice: added") for line in lines)
    assert "ecr: shapes.ImageTagMutability.enum: added: SOMETIMES" in lines
    assert "ecr: shapes.ReplicationRuleList.max: 25 is now 99" in lines
    assert "ecr: shapes.ImageIdentifier.members.imageTag: removed" in lines
    assert len([line for line in lines if line.startswith("ecr: ")]) == 4


def test_what_a_newer_botocore_says_of_endpoints_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = package_of(tmp_path, "99.0.0")
    file = package / "data" / "partitions.json"
    file.write_text(file.read_text().replace('"amazonaws.eu"', '"amazonaws.example"').replace("|il|mx)", "|il|mx|zz)"))
    assert main(["--check", "--botocore", str(package)]) == 1
    said = capsys.readouterr().out
    assert "endpoints: partitions.aws.prefixes: added: zz" in said
    assert "https://api.ecr.{region}.amazonaws.example" in said


def test_a_pattern_of_regions_in_a_new_form_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = package_of(tmp_path, "99.0.0")
    file = package / "data" / "partitions.json"
    file.write_text(file.read_text().replace("^cn\\\\-", "^c.n\\\\-"))
    assert main(["--check", "--botocore", str(package)]) == 2
    assert "has a new form" in capsys.readouterr().err


def test_an_unknown_trait_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def add(service: str, facts: dict[str, Any]) -> None:
        facts["shapes"]["RepositoryName"]["sensitive"] = True

    assert main(["--check", "--botocore", str(package_of(tmp_path, "99.0.0", add))]) == 2
    assert "RepositoryName has traits that the reader does not know: sensitive" in capsys.readouterr().err


def test_a_folder_without_botocore_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check", "--botocore", str(tmp_path)]) == 2
    assert "is not the folder of a botocore package" in capsys.readouterr().err


@pytest.mark.parametrize("service", SERVICES)
def test_the_overlay_is_folded_in(service: str) -> None:
    vendored = json.loads(vendored_file(service).read_bytes())
    assert list(differences(vendored["overlay"], read_overlay(service))) == []
    structures = vendored["shapes"]
    for place in vendored["overlay"]["patterns"]:
        structure, member = place.split(".")
        assert member in structures[structure]["members"]
    for name, order in vendored["overlay"]["enum_order"].items():
        assert sorted(order) == sorted(structures[name]["enum"])
    assert vendored["overlay"]["actions"].keys() <= vendored["operations"].keys()


def test_no_documentation_is_vendored() -> None:
    for service in SERVICES:
        text = vendored_file(service).read_text()
        assert "documentation" not in text
        assert "<p>" not in text


def test_a_changed_order_is_a_difference() -> None:
    assert list(differences({"a": [1, 2]}, {"a": [2, 1]})) == ["a: the order is now 2, 1"]
