"""The data folder: everything that a registry keeps, and who uses it.

DATA/
├── lock             held by the `serve` that uses the folder
├── secret.key       seals tokens and the secrets of access keys
├── master.key       wraps the keys that blobs are encrypted with, unless it is kept elsewhere
├── admin.json       the first administrator's access key, in the clear (readable by its owner only)
├── endpoint.json    where the registry was last served
├── audit.lock       held while audit records are appended to a file
├── registry.db      the database, unless another one is configured
├── blobs/           stored blobs
├── archive/         stored blobs that only archived images need, unless they are kept elsewhere
├── uploads/         bytes of upload sessions
└── metrics/         numbers of the workers that run now
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any


class FolderInUse(Exception):
    """Another `serve` uses the data folder."""


class Folder:
    """Paths in a data folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lock_file = root / "lock"
        self.key_file = root / "secret.key"
        self.master_key_file = root / "master.key"
        self.admin_file = root / "admin.json"
        self.endpoint_file = root / "endpoint.json"
        self.audit_lock = root / "audit.lock"
        self.metrics = root / "metrics"

    def make(self) -> None:
        """Make the folder and what must be in it."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.metrics.mkdir(mode=0o700, exist_ok=True)

    def lock(self) -> int:
        """Take the folder for this process and its children; the descriptor to keep open. Raises FolderInUse."""
        descriptor = os.open(self.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
            os.close(descriptor)
            who = f" (process {holder})" if holder.isdigit() else ""
            raise FolderInUse(
                f"The data folder {self.root.absolute()} is in use by another `wharfside serve`{who}."
                " Stop that one first, or choose another folder with --data."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        return descriptor

    def clear_metrics(self) -> None:
        """Forget the numbers of workers that ran before."""
        for file in self.metrics.glob("*.db"):
            file.unlink()

    def reserve_metrics(self, process: int) -> None:
        """Take the room on the disk for a worker's numbers.

        They are written through memory, where a disk that is full by then would end the process.
        """
        for kind in ("counter", "histogram"):
            with (self.metrics / f"{kind}_{process}.db").open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, _METRICS_BYTES)


_METRICS_BYTES = 1024 * 1024


def write_json(path: Path, value: object) -> None:
    """Replace a file so that it survives power loss; readable by its owner only."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(value, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_json(path: Path) -> dict[str, Any]:
    """What `write_json` wrote. Raises FileNotFoundError."""
    return json.loads(path.read_text())
