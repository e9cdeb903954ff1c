"""Both type checkers accept the SDK's types, and what users write with them; and they refuse what is wrong.

Each checker runs once for everything, since starting one takes seconds.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pytest
from assignability import STUBS, behind, given_source, read, source
from checkers import SDK, SECONDS, Refusal, marked_lines, mypy, pyright

from wharfside_sdk.model.ir import ServiceName

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.py"))
CHECKERS: Mapping[str, Callable[[Sequence[Path], Path], list[Refusal]]] = {"pyright": pyright, "mypy": mypy}

OLDER_MODEL = {
    # Their ScanStatus lacks IMAGE_SIZE_EXCEEDED.
    "DescribeImageScanFindingsResponseTypeDef",
    "DescribeImagesResponseTypeDef",
    "ImageDetailTypeDef",
    "ImageScanStatusTypeDef",
    "StartImageScanResponseTypeDef",
    # Their ReplicationRule lacks deleteReplication.
    "DescribeRegistryResponseTypeDef",
    "PutReplicationConfigurationRequestTypeDef",
    "PutReplicationConfigurationResponseTypeDef",
    "ReplicationConfigurationOutputTypeDef",
    "ReplicationConfigurationTypeDef",
    "ReplicationConfigurationUnionTypeDef",
    "ReplicationRuleOutputTypeDef",
    "ReplicationRuleTypeDef",
}
"""Type definitions that the locked stubs have from an older model, so that they cannot be the same as ours."""
COMPARED = {
    "mypy_boto3_ecr": 198 - 13,
    "mypy_boto3_ecr_public": 65,
    "types_aiobotocore_ecr": 185 - 13,
    "types_aiobotocore_ecr_public": 65,
}


@dataclass(frozen=True)
class Checked:
    checker: str
    folder: Path
    refusals: Sequence[Refusal]

    def of(self, file: Path) -> list[Refusal]:
        return [refusal for refusal in self.refusals if refusal.file == file]


def _older(package: str) -> set[str]:
    return behind(read(package, ".pyi"), read(f"wharfside_sdk.{STUBS[package]}", ".py"))


@pytest.fixture(scope="module", params=CHECKERS)
def checked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """What one checker says of the comparison with each package of stubs, of the corpus and of the SDK."""
    folder = tmp_path_factory.mktemp(request.param).resolve()
    for package in STUBS:
        older = _older(package)
        (folder / f"{package}_same.py").write_text(source(package, sorted(read(package, ".pyi").names - older)))
        if older:
            (folder / f"{package}_older.py").write_text(source(package, sorted(older)))
    for service in get_args(ServiceName):
        (folder / f"{service.replace('-', '_')}_given.py").write_text(given_source(service))
    for file in CORPUS:
        shutil.copy(file, folder)
    files = sorted(folder.glob("*.py"))
    if request.param == "mypy":  # pyright's own run covers the SDK, as strictly
        files += sorted((SDK / "wharfside_sdk").rglob("*.py"))
    return Checked(request.param, folder, CHECKERS[request.param](files, folder))


@pytest.mark.parametrize("package", STUBS)
def test_type_definitions_and_those_of_other_stubs_can_be_given_for_each_other(checked: Checked, package: str) -> None:
    file = checked.folder / f"{package}_same.py"
    assert file.read_text().count("def check_") == COMPARED[package]
    assert checked.of(file) == []


@pytest.mark.parametrize("package", STUBS)
def test_only_what_an_older_model_lacks_is_not_compared(package: str) -> None:
    assert _older(package) == (OLDER_MODEL if STUBS[package] == "ecr" else set())


@pytest.mark.parametrize("package", [package for package, ours in STUBS.items() if ours == "ecr"])
def test_what_is_not_compared_indeed_differs(checked: Checked, package: str) -> None:
    """Each of them is refused, which also shows that a difference would be found."""
    file = checked.folder / f"{package}_older.py"
    lines = file.read_text().splitlines()
    refused = {re.findall(r"\w+TypeDef", lines[refusal.line - 1])[0] for refusal in checked.of(file)}
    assert refused == _older(package)


@pytest.mark.parametrize("service", get_args(ServiceName))
def test_clients_take_what_type_definitions_and_answers_have(checked: Checked, service: ServiceName) -> None:
    file = checked.folder / f"{service.replace('-', '_')}_given.py"
    assert file.read_text().count("    return given") > 20
    assert checked.of(file) == []


@pytest.mark.parametrize("package", STUBS)
def test_literals_have_the_values_of_other_stubs(package: str) -> None:
    theirs, ours = read(package, ".pyi").literals, read(f"wharfside_sdk.{STUBS[package]}", ".py").literals
    assert ours["ServiceName"] < theirs["ServiceName"]
    differing = {name for name in theirs.keys() - {"ServiceName"} if ours[name] != theirs[name]}
    assert all(ours[name] > theirs[name] for name in differing)
    # A newer model has a state more, and the SDK has paginators and a waiter of its own.
    grown = {"PaginatorName", "ScanStatusType", "WaiterName"}
    assert differing == (grown if STUBS[package] == "ecr" else set())


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_what_users_write_is_accepted_and_their_mistakes_are_refused(checked: Checked, file: Path) -> None:
    copy = checked.folder / file.name
    refused = {refusal.line: refusal.reason for refusal in checked.of(copy)}
    assert refused.keys() == marked_lines(copy, checked.checker), refused


def test_the_sdk_is_accepted(checked: Checked) -> None:
    assert [refusal for refusal in checked.refusals if refusal.file.is_relative_to(SDK)] == []


def test_every_public_name_has_a_known_type(tmp_path: Path) -> None:
    """`pyright --verifytypes` of the package as it is installed."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--verifytypes", "wharfside_sdk", "--ignoreexternal", "--outputjson"],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    report = json.loads(done.stdout)["typeCompleteness"]
    symbols = [each for each in report["symbols"] if each["isExported"]]
    assert len(symbols) > 5_000
    assert [each["name"] for each in symbols if not each["isTypeKnown"] or each["isTypeAmbiguous"]] == []
