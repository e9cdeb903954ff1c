"""A second name for the bytes of a file, or a copy of them where there cannot be one."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress

_PIECE = 1024 * 1024


def copy_file(source: str, place: str) -> None:
    """Have the bytes of a file at a place that holds nothing, too, fsynced. The place's folder is the caller's to sync.

    Raises FileNotFoundError, FileExistsError, OSError (disk full).
    """
    try:
        os.link(source, place, follow_symlinks=False)
    except (FileNotFoundError, FileExistsError):
        raise
    except OSError:  # another file system, or one without links
        _copy_bytes(source, place)


def _copy_bytes(source: str, place: str) -> None:
    opened = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(opened, "rb", buffering=0) as reader:
        made = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(made, "wb") as writer:
            try:
                shutil.copyfileobj(reader, writer, _PIECE)
                writer.flush()
                os.fsync(writer.fileno())
            except BaseException:
                with suppress(OSError):  # it is found as a stray
                    os.unlink(place)
                raise
