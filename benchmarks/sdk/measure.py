"""What runs inside the interpreter of a contender. Prints its numbers by unit, as JSON.

    python -m benchmarks.sdk.measure time CONTENDER FUNCTION [URL]   one call of what the function makes
    python -m benchmarks.sdk.measure ask CONTENDER FILE              how many of the pickled requests it refuses
    python -m benchmarks.sdk.measure module NAME [ARGUMENT...]       a whole program, `python -m NAME`

CPU time is that of the process; it is the least of many, as disturbances only ever add to it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

CPU, MEMORY, REFUSED, WRONGLY_REFUSED = "CPU ms", "MiB", "illegal refused %", "legal refused"
_BATCH_SECONDS = 0.05
_BATCHES = 12


def _least(call: Callable[[], object]) -> float:
    """CPU milliseconds of one call: the least of the means of short batches."""
    for _ in range(3):
        call()
    begin = time.process_time()
    call()
    count = max(1, int(_BATCH_SECONDS / max(time.process_time() - begin, 1e-6)))
    means: list[float] = []
    for _ in range(_BATCHES):
        begin = time.process_time()
        for _ in range(count):
            call()
        means.append((time.process_time() - begin) / count * 1e3)
    return min(means)


def _contender(name: str) -> Any:
    import importlib

    return importlib.import_module(f"benchmarks.sdk.contenders.{name}")


def _time(contender: str, function: str, *arguments: str) -> Mapping[str, float]:
    from benchmarks.sdk.payloads import ANSWERS, CREATE_REPOSITORY, HOSTILE

    given = {"check": (CREATE_REPOSITORY,), "read": (ANSWERS["DescribeImages"],), "accepts": HOSTILE}.get(function, ())
    call: Callable[..., object] = getattr(_contender(contender), function)(*arguments)
    return {CPU: _least(lambda: call(*given))}


def _ask(contender: str, file: str) -> Mapping[str, float]:
    import pickle
    from pathlib import Path

    accepts = _contender(contender).accepts()
    illegal, legal = ([accepts(*request) for request in requests] for requests in pickle.loads(Path(file).read_bytes()))
    return {REFUSED: 100 * illegal.count(False) / len(illegal), WRONGLY_REFUSED: legal.count(False)}


def _module(*command: str) -> Mapping[str, float]:
    import resource
    import subprocess

    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {CPU: (used.ru_utime + used.ru_stime) * 1e3}


def main() -> None:
    task, *arguments = sys.argv[1:]
    tasks: dict[str, Callable[..., Mapping[str, float]]] = {
        "time": _time,
        "ask": _ask,
        "module": _module,
    }
    print(json.dumps(tasks[task](*arguments)))


if __name__ == "__main__":
    main()
