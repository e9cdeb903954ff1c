"""What statements cost in a new interpreter: CPU milliseconds, and MiB by which the process grows.

    python -P benchmarks/sdk/fresh.py STATEMENTS [BEFORE]

Run as a file and with hardly an import of its own, since whatever it imports would not be counted.
"""

import os
import sys
import time


def resident() -> float:
    with open("/proc/self/statm") as numbers:
        return int(numbers.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    statements, before = sys.argv[1:]
    names: dict[str, object] = {}
    exec(before, names)
    code = compile(statements, "<statements>", "exec")
    memory, begin = resident(), time.process_time()
    exec(code, names)
    milliseconds, growth = (time.process_time() - begin) * 1e3, resident() - memory
    print(f'{{"CPU ms": {milliseconds}, "MiB": {growth}}}')


if __name__ == "__main__":
    main()
