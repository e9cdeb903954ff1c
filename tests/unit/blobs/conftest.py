"""A store of blobs in a fresh folder, and the check that every test gives its descriptors back."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from wharfside.blobs.files import FileBlobStore


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    before = set(os.listdir("/proc/self/fd"))
    yield tmp_path / "data"
    assert set(os.listdir("/proc/self/fd")) <= before, "a descriptor was not closed"


@pytest.fixture
def store(root: Path) -> FileBlobStore:
    return FileBlobStore(root)
