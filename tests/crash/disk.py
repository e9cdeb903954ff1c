"""What a disk holds at a moment of a recording, and what of it survives.

The model is harsher than any journaling file system. After power loss, only those bytes of a file are sure that were
written before an fsync of that file began, and only those names that were made before an fsync of their folder began.
Everything else may be there or not, each write and each name by itself, writes also in part. Only a rename is atomic:
an fsync of either folder keeps both of its halves. After the death of the process alone, everything is there.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from crash.trace import Event

_SECTOR = 512


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a file's bytes: `data` written at `offset`, or, without data, the file's size set to `offset`."""

    end: int
    offset: int
    data: bytes | None

    def apply(self, content: bytearray) -> None:
        reach = self.offset + len(self.data or b"")
        if len(content) < reach:
            content.extend(bytes(reach - len(content)))
        if self.data is None:
            del content[self.offset :]
        else:
            content[self.offset : reach] = self.data

    def torn(self, chance: Random) -> "Change":
        """A part of this write, from its beginning to some sector."""
        kept = chance.randrange(0, len(self.data or b"") + 1, _SECTOR)
        return Change(self.end, self.offset, self.data and self.data[:kept])


@dataclass(slots=True, eq=False)
class File:
    """A file, whatever its names: what is surely on the disk, and the changes that may be lost."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[Change] = field(default_factory=list)
    size: int = 0

    def change(self, change: Change) -> None:
        self.pending.append(change)
        self.size = change.offset if change.data is None else max(self.size, change.offset + len(change.data))

    def fsync(self, start: int) -> None:
        for change in self.pending:
            if change.end < start:
                change.apply(self.durable)
        self.pending = [change for change in self.pending if change.end >= start]

    def content(self, pick: Callable[[Change], Change | None]) -> bytes:
        result = bytearray(self.durable)
        for change in self.pending:
            kept = pick(change)
            if kept is not None:
                kept.apply(result)
        return bytes(result)


FOLDER = File()
"""Stands in `names` for a folder."""

Names = dict[str, File]


@dataclass(frozen=True, slots=True, eq=False)
class Naming:
    """One change of names: each path leads to the file, or to nothing."""

    end: int
    names: dict[str, File | None]

    def touches(self, folder: str) -> bool:
        return any(os.path.dirname(path) == folder for path in self.names)


class Disk:
    """The folder `root` of a recorded program. When the recording began it held what `before` holds, or nothing."""

    def __init__(self, root: str, before: Path | None = None) -> None:
        self.root = root
        self.durable: Names = {root: FOLDER}
        self.pending: list[Naming] = []
        self._now: Names = {}
        for path in sorted(before.rglob("*")) if before else ():
            content = None if path.is_dir() else bytearray(path.read_bytes())
            name = f"{root}/{path.relative_to(before or path)}"
            self.durable[name] = FOLDER if content is None else File(content, size=len(content))
        self._now.update(self.durable)

    def apply(self, events: Iterable[Event]) -> None:
        """Let calls happen, which must come in the order in which they returned."""
        for event in events:
            if event.path == self.root or event.path.startswith(f"{self.root}/") or event.other.startswith(self.root):
                self._apply(event)

    def _apply(self, event: Event) -> None:
        file = self._now.get(event.path)
        if event.name in ("fsync", "fdatasync"):
            self._fsync(event, file)
        elif event.name in ("open", "openat", "creat"):
            self._open(event, file)
        elif event.name in ("rename", "renameat", "renameat2"):
            self._rename(event, {event.path: None, event.other: file})
        elif event.name in ("link", "linkat"):
            self._rename(event, {event.other: file})
        elif event.name in ("unlink", "unlinkat", "rmdir"):
            self._rename(event, {event.path: None})
        elif event.name in ("mkdir", "mkdirat"):
            self._rename(event, {event.path: FOLDER})
        elif file is not None and event.name in ("ftruncate", "truncate"):
            file.change(Change(event.end, event.offset or 0, None))
        elif file is not None and event.data and "write" in event.name:
            # A write without an explicit offset is taken to append: true of new files and of logs, which is what such
            # writes are used for, and positions need not be followed through dup and fork.
            file.change(Change(event.end, file.size if event.offset is None else event.offset, event.data))

    def _open(self, event: Event, file: File | None) -> None:
        if file is None and "O_CREAT" in event.flags:
            self._rename(event, {event.path: File()})
        elif file is not None and "O_TRUNC" in event.flags:
            file.change(Change(event.end, 0, None))

    def _rename(self, event: Event, names: dict[str, File | None]) -> None:
        self.pending.append(Naming(event.end, names))
        _name(self._now, names)

    def _fsync(self, event: Event, file: File | None) -> None:
        if file is FOLDER:
            for naming in [one for one in self.pending if one.end < event.start and one.touches(event.path)]:
                _name(self.durable, naming.names)
                self._forget_until(naming)
        elif file is not None:
            file.fsync(event.start)

    def _forget_until(self, durable: Naming) -> None:
        """Drop a naming that became durable, and what earlier ones said about the same paths."""
        place = self.pending.index(durable)
        for earlier in self.pending[:place]:
            for path in durable.names:
                earlier.names.pop(path, None)
        del self.pending[place]

    def sure(self) -> dict[str, bytearray]:
        """The files that survive whatever happens, by path, if all of their bytes are sure as well."""
        return {
            path: file.durable
            for path, file in self.durable.items()
            if file is not FOLDER and not file.pending and self._reachable(path)
        }

    def _reachable(self, path: str) -> bool:
        return path == self.root or (path in self.durable and self._reachable(os.path.dirname(path)))

    def after_kill(self, copy: Path) -> None:
        """Make `copy` the folder as the next process finds it when only the process died."""
        self._make(copy, self._now, lambda change: change)

    def after_power_loss(self, copy: Path, chance: Random | None = None) -> None:
        """Make `copy` the folder after power loss: with nothing that is not sure, or with what chance lets survive."""
        names = dict(self.durable)
        if chance is None:
            self._make(copy, names, lambda _: None)
            return
        for naming in self.pending:
            if chance.random() < 0.5:
                _name(names, naming.names)
        self._make(copy, names, lambda change: _survivor(change, chance))

    def _make(self, copy: Path, names: Names, pick: Callable[[Change], Change | None]) -> None:
        copy.mkdir(mode=0o700)
        made: dict[int, Path] = {}
        for path in sorted(names, key=lambda path: path.count("/")):
            place = copy / os.path.relpath(path, self.root)
            if path.endswith("-shm") or not place.parent.is_dir():
                continue  # SQLite makes its shared memory anew; a file whose folder is lost is lost
            if names[path] is FOLDER:
                place.mkdir(mode=0o700, exist_ok=True)
            elif id(names[path]) in made:
                os.link(made[id(names[path])], place)
            else:
                place.write_bytes(names[path].content(pick))
                place.chmod(0o600)
                made[id(names[path])] = place


def _name(names: Names, change: dict[str, File | None]) -> None:
    for path, file in change.items():
        if file is None:
            names.pop(path, None)
        else:
            names[path] = file


def _survivor(change: Change, chance: Random) -> Change | None:
    luck = chance.random()
    if luck < 0.5:
        return None
    return change.torn(chance) if change.data and luck < 0.6 else change
