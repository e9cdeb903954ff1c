"""Fail where a tracked file names the host of a package registry or a path of somebody's machine.

Packages are named by their names and hashes alone, so that any mirror serves them; and what holds on one machine only
has no place in the project.
"""

import re
import subprocess
import sys
from pathlib import Path

# Written in pieces, so that this file does not name what it refuses.
REGISTRY_HOSTS = (
    "pypi" + r"\.org",
    "python" + r"hosted\.org",
    "npm" + r"js\.(?:org|com)",
    "crates" + r"\.io",
    "deb" + r"\.debian\.org",
)
MACHINE_PATHS = (r"/wo" + r"rk/", r"/ro" + r"ot/", r"/home" + r"/[a-z]", r"/tm" + r"p/ground")
REFUSED = re.compile("|".join((*REGISTRY_HOSTS, *MACHINE_PATHS)))


def tracked_files() -> list[Path]:
    """Return every file that is, or is about to be, under version control."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, check=True, capture_output=True, text=True)
    paths = [Path(name) for name in listing.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def findings(path: Path) -> list[str]:
    """Return a line of text for every refused word in the file; a file that is not text has none."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return []
    lines = enumerate(text.splitlines(), start=1)
    return [f"{path}:{number}: names {match[0]}" for number, line in lines for match in REFUSED.finditer(line)]


def main() -> int:
    """Print the findings; return the exit status."""
    found = [line for path in tracked_files() for line in findings(path)]
    print("\n".join(found) or "no registry host and no machine's path is named")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
