"""The garbage collector never looks through what a start has made, which would stop every request meanwhile."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import gc, os, signal, sys
from pathlib import Path
from wharfside.app import run
from wharfside.config import Settings

def ready(url):
    print(gc.get_freeze_count() > 10 * len(gc.get_objects()), flush=True)
    os.kill(os.getpid(), signal.SIGTERM)

sys.exit(run(Settings(data=Path(sys.argv[1]), port=0), ready))
"""


def test_what_a_start_has_made_is_left_to_itself(tmp_path: Path) -> None:
    program = [sys.executable, "-c", PROGRAM, str(tmp_path / "data")]
    done = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr
