"""Where interpreters of other versions are, on whatever machine this is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

UV = Path(sys.executable).parent / "uv"
SECONDS = 30


def interpreter(version: str) -> Path | None:
    """One of this version, such as 3.13, that really runs; None when there is none."""
    return next((path for path in _candidates(version) if _version_of(path) == version), None)


def _candidates(version: str) -> Iterator[Path]:
    yield Path(sys.executable)
    for name in (f"python{version}", "python3", "python"):
        if found := shutil.which(name):
            yield Path(found)
    # pyenv keeps versions that are not chosen out of the way.
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    folders = [folder for folder in versions.glob(f"{version}.*") if re.fullmatch(r"[\d.]+", folder.name)]
    for folder in sorted(folders, key=lambda folder: [int(part) for part in folder.name.split(".")], reverse=True):
        yield folder / "bin" / "python"
    done = subprocess.run(
        [UV, "python", "find", "--system", version], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    if done.returncode == 0:
        yield Path(done.stdout.strip())


def _version_of(path: Path) -> str | None:
    program = "import sys, venv, zlib; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([path, "-c", program], capture_output=True, text=True, timeout=SECONDS, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
