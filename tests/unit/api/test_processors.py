"""On which processors threads run: together on one, unless they roam, and elsewhere when others are there, too."""

import os
import subprocess
import sys
import textwrap

import pytest

from wharfside.api.processors import better_home

several = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="only Linux lets threads choose, and of several"
)


def run(program: str) -> str:
    """In a process of its own, as it changes where the process may run."""
    made = [sys.executable, "-c", textwrap.dedent(program)]
    return subprocess.run(made, check=True, capture_output=True, text=True, timeout=60).stdout


def test_it_stays_where_nobody_else_is() -> None:
    assert better_home(0, {0: 1.0, 1: 0.0}, own=1.0) == 0


def test_it_leaves_what_others_use() -> None:
    assert better_home(0, {0: 1.0, 1: 0.1}, own=0.5) == 1


def test_it_goes_where_others_are_least() -> None:
    assert better_home(0, {0: 1.0, 1: 0.3, 2: 0.1, 3: 0.2}, own=0.0) == 2


def test_it_stays_where_it_would_gain_little() -> None:
    assert better_home(0, {0: 1.0, 1: 0.4}, own=0.5) == 0


def test_it_stays_when_its_threads_are_busy_elsewhere() -> None:
    assert better_home(0, {0: 0.7, 1: 0.9}, own=1.5) == 0


def test_it_stays_when_nothing_is_known() -> None:
    assert better_home(3, {}, own=0.0) == 3


@several
def test_threads_stay_on_one_processor_and_roaming_ones_do_not() -> None:
    program = """
        import os, threading
        from wharfside.api.processors import Home, keeping_away, roam

        given = os.sched_getaffinity(0)
        home = Home(1)
        assert os.sched_getaffinity(0) == {sorted(given)[1]}

        def look():
            assert os.sched_getaffinity(0) == {sorted(given)[1]}
            with keeping_away():
                assert os.sched_getaffinity(0) == given - {sorted(given)[1]}
            roam()
            assert os.sched_getaffinity(0) == given
            print("looked")

        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        assert len(os.sched_getaffinity(0)) == 1
        home.leave()
        """
    assert run(program) == "looked\n"


@several
def test_all_threads_but_the_roaming_move_together_and_some_make_room() -> None:
    program = """
        import os, threading, time
        from contextlib import nullcontext
        from wharfside.api import processors
        from wharfside.api.processors import Home, keeping_away, roam

        given = os.sched_getaffinity(0)
        first, second = sorted(given)[:2]
        processors.better_home = lambda home, busy, own: second if set(busy) == given else home
        processors._SHORTEST = processors._LONGEST = 0.01
        done = threading.Event()
        ready = threading.Barrier(4)
        where = {}

        def work(name):
            if name == "roams":
                roam()
            with keeping_away() if name == "away" else nullcontext():
                ready.wait()
                done.wait()
                where[name] = os.sched_getaffinity(0)

        home = Home(0)
        threads = [threading.Thread(target=work, args=(name,)) for name in ("stays", "roams", "away")]
        for thread in threads:
            thread.start()
        ready.wait()
        deadline = time.monotonic() + 30
        while os.sched_getaffinity(0) != {second} and time.monotonic() < deadline:
            time.sleep(0.01)
        home.leave()
        done.set()
        for thread in threads:
            thread.join()
        assert os.sched_getaffinity(0) == {second}
        assert where == {"stays": {second}, "roams": given, "away": given - {second}}, where
        print("moved")
        """
    assert run(program) == "moved\n"
