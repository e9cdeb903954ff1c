"""`python -m wharfside.testing FOLDER`: the registry that the tests of another process talk to.

It prints its address once it is ready. When the other end of its standard input is closed, which no end of that process
can prevent, it ends at once and removes the folder: nothing in it is of use by then.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
from pathlib import Path


def main() -> None:
    """Serve in open mode on a free loopback port, with all data in the folder that the argument names."""
    folder = Path(sys.argv[1])
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True, name="parent").start()
    from wharfside.app import run
    from wharfside.config import load_settings

    settings = load_settings(None, open=True, host="127.0.0.1", port=0, data=folder / "data")
    sys.exit(run(settings, lambda url: print(url, flush=True)))


def _end_with_parent(folder: Path) -> None:
    while os.read(sys.stdin.fileno(), 1):
        continue
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    main()
