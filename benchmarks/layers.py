"""Content to push: layers that are new each time, without hashing them anew."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

_TAIL = 64
_BLOCK = 1024 * 1024


@dataclass(frozen=True)
class Layer:
    """Bytes of `file` up to `length`, then `tail`."""

    file: Path
    length: int
    tail: bytes
    digest: str

    @property
    def size(self) -> int:
        return self.length + len(self.tail)


class LayerSource:
    """Makes layers of one size that differ in their last bytes only, so a digest costs the client next to nothing."""

    def __init__(self, file: Path, size: int, *, sparse: bool = False) -> None:
        """Writes `file`: random bytes, or a sparse file of zeros (for layers too large to hold twice)."""
        self.size = size
        self._file = file
        self._length = size - _TAIL
        self._hash = hashlib.sha256()
        with file.open("wb") as output:
            if sparse:
                output.truncate(self._length)
            for offset in range(0, self._length, _BLOCK):
                length = min(_BLOCK, self._length - offset)
                block = bytes(length) if sparse else os.urandom(length)
                self._hash.update(block)
                if not sparse:
                    output.write(block)

    def fresh(self) -> Layer:
        """A layer that no server has seen."""
        tail = os.urandom(_TAIL)
        whole = self._hash.copy()
        whole.update(tail)
        return Layer(self._file, self._length, tail, f"sha256:{whole.hexdigest()}")
