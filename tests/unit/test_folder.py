"""The data folder: one `serve` at a time, and nothing in it that others may read."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from wharfside.folder import Folder, FolderInUse, read_json, write_json


@pytest.fixture
def open_to_all() -> Iterator[None]:
    """A umask that takes nothing away: the modes are what the program asks for."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "below" / "data")
    made.make()
    return made


def test_second_holder_is_refused_with_the_process_to_stop(folder: Folder) -> None:
    held = folder.lock()
    with pytest.raises(FolderInUse) as refusal:
        Folder(folder.root).lock()
    assert str(refusal.value) == (
        f"The data folder {folder.root} is in use by another `wharfside serve` (process {os.getpid()})."
        " Stop that one first, or choose another folder with --data."
    )
    os.close(held)


def test_folder_is_free_again_when_its_holder_is_gone(folder: Folder) -> None:
    os.close(folder.lock())
    os.close(folder.lock())


def test_a_longer_process_id_leaves_nothing_behind(folder: Folder) -> None:
    folder.lock_file.write_text("123456789012")
    os.close(folder.lock())
    assert folder.lock_file.read_text() == str(os.getpid())


def test_two_folders_may_be_held_at_once(tmp_path: Path) -> None:
    held: list[int] = []
    for name in ("one", "other"):
        folder = Folder(tmp_path / name)
        folder.make()
        held.append(folder.lock())
    for descriptor in held:
        os.close(descriptor)


@pytest.mark.usefixtures("open_to_all")
def test_only_the_owner_may_read(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "data")
    folder.make()
    os.close(folder.lock())
    write_json(folder.admin_file, {"secretAccessKey": "s"})
    assert mode(folder.root) == mode(folder.metrics) == 0o700
    assert mode(folder.admin_file) == mode(folder.lock_file) == 0o600


@pytest.mark.usefixtures("open_to_all")
def test_replacing_a_readable_file_closes_it(tmp_path: Path) -> None:
    file = tmp_path / "admin.json"
    file.write_text("{}")
    assert mode(file) == 0o666
    write_json(file, {"a": 1})
    assert mode(file) == 0o600


def test_json_is_replaced_whole_and_leaves_no_other_file(tmp_path: Path) -> None:
    file = tmp_path / "endpoint.json"
    write_json(file, {"url": "http://127.0.0.1:5000", "certificate": None})
    write_json(file, {"url": "ü"})
    assert read_json(file) == {"url": "ü"}
    assert [path.name for path in tmp_path.iterdir()] == ["endpoint.json"]


def test_failed_write_keeps_the_former_content(tmp_path: Path) -> None:
    file = tmp_path / "endpoint.json"
    write_json(file, {"url": "first"})
    with pytest.raises(TypeError):
        write_json(file, {"url": object()})
    assert json.loads(file.read_text()) == {"url": "first"}


def test_missing_json_is_file_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / "admin.json")


def test_numbers_of_former_workers_are_forgotten(folder: Folder) -> None:
    (folder.metrics / "counter_1.db").touch()
    (folder.metrics / "kept.txt").touch()
    folder.clear_metrics()
    assert [path.name for path in folder.metrics.iterdir()] == ["kept.txt"]
