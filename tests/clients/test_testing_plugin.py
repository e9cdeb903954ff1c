"""The pytest plugin in test runs of their own: what the fixtures give, what others pay for them, what stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

SECONDS = 60


@pytest.fixture
def folder(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where servers of the inner runs keep their data; empty once they have ended."""
    # Compiling every module at every start would double the time of a test run.
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    path = pytester.path / "temporary"
    path.mkdir()
    monkeypatch.setenv("TMPDIR", str(path))
    return path


@pytest.fixture
def endpoints(pytester: pytest.Pytester) -> Callable[[], set[str]]:
    """The addresses of the servers that the tests of inner runs used; these runs note them."""
    pytester.makeconftest(
        """
        import os, pathlib, pytest

        @pytest.fixture
        def noted(ecr_registry):
            path = pathlib.Path(__file__).parent / "endpoints" / str(os.getpid())
            path.parent.mkdir(exist_ok=True)
            unfinished = path.with_suffix(".new")
            unfinished.write_text(ecr_registry.endpoint_url)
            unfinished.rename(path)
            return ecr_registry
        """
    )
    return lambda: {
        path.read_text() for path in (pytester.path / "endpoints").glob("*") if not path.name.endswith(".new")
    }


def answers(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint}/healthz", timeout=10) as reply:
            return reply.status == 200
    except OSError:  # refused, or cut off while it ends
        return False


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_the_fixtures(pytester: pytest.Pytester, folder: Path, endpoints: Callable[[], set[str]]) -> None:
    pytester.makepyfile(
        """
        import boto3
        import pytest
        from wharfside.testing import Registry
        from wharfside_sdk.ecr.client import ECRClient

        @pytest.mark.parametrize("number", [1, 2])
        def test_each_test_has_an_account(noted, ecr_client, number):
            assert ecr_client.describe_repositories()["repositories"] == []
            made = ecr_client.create_repository(repositoryName="demo")["repository"]
            assert made["registryId"] == noted.account

        def test_all_are_of_one_account(ecr_registry, ecr_client, ecr_sdk_client, ecr_environment, registry_url):
            assert isinstance(ecr_registry, Registry) and isinstance(ecr_sdk_client, ECRClient)
            made = boto3.client("ecr").create_repository(repositoryName="demo")["repository"]
            digest = ecr_registry.push_image("demo", "v1")
            assert made["repositoryUri"] == f"{registry_url}/demo"
            for client in ecr_client, ecr_sdk_client:
                assert client.describe_images(repositoryName="demo")["imageDetails"][0]["imageDigest"] == digest
            assert boto3.client("sts").get_caller_identity()["Account"] == ecr_registry.account
        """
    )
    result = pytester.runpytest_subprocess("-W", "error", timeout=SECONDS)
    result.assert_outcomes(passed=3)
    (endpoint,) = endpoints()
    assert not answers(endpoint)
    assert list(folder.iterdir()) == []
    assert result.stderr.str() == ""


def test_account_and_region_can_be_chosen(pytester: pytest.Pytester, folder: Path) -> None:
    pytester.makepyfile(
        """
        import pytest

        class TestChosen:
            @pytest.fixture
            def ecr_account(self):
                return "123456789012"

            @pytest.fixture
            def ecr_region(self):
                return "eu-central-1"

            def test_account_and_region(self, ecr_client):
                made = ecr_client.create_repository(repositoryName="demo")["repository"]
                assert made["repositoryArn"] == "arn:aws:ecr:eu-central-1:123456789012:repository/demo"
        """
    )
    pytester.runpytest_subprocess("-W", "error", timeout=SECONDS).assert_outcomes(passed=1)


def test_a_run_without_the_fixtures_pays_nothing(pytester: pytest.Pytester, folder: Path) -> None:
    pytester.makepyfile(
        """
        import sys, threading

        def test_nothing_was_imported_or_started(pytestconfig):
            assert pytestconfig.pluginmanager.hasplugin("wharfside")
            heavy = {"boto3", "wharfside_sdk", "wharfside.app", "aiohttp", "pydantic", "http.client"}
            assert not heavy & set(sys.modules)
            assert threading.active_count() == 1
        """
    )
    # pytest-timeout imports nothing of these either, but its watch may be a thread.
    result = pytester.runpytest_subprocess(
        "-W", "error", "-p", "no:timeout", "-p", "no:hypothesispytest", timeout=SECONDS
    )
    result.assert_outcomes(passed=1)
    assert list(folder.iterdir()) == []


def test_pytest_may_start_after_the_import(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(): ...")
    # As in a notebook. pytest marks the modules of every distribution that has a plugin.
    script = "import sys, wharfside.testing, pytest; sys.exit(pytest.main(['-q', '-W', 'error']))"
    result = pytester.run(sys.executable, "-c", script, timeout=SECONDS)
    assert result.ret == 0, result.stderr.str()


def test_workers_have_a_server_each(pytester: pytest.Pytester, folder: Path, endpoints: Callable[[], set[str]]) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("number", range(12))
        def test_alone(noted, ecr_client, number):
            ecr_client.create_repository(repositoryName="demo")
            assert len(ecr_client.describe_repositories()["repositories"]) == 1
        """
    )
    result = pytester.runpytest_subprocess("-W", "error", "-n", "2", timeout=SECONDS)
    result.assert_outcomes(passed=12)
    assert len(endpoints()) == 2
    # A worker is ended without ceremony, so its server sees to its own end.
    wait_for(lambda: not any(map(answers, endpoints())))
    wait_for(lambda: list(folder.iterdir()) == [])


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_ended_leaves_nothing(
    pytester: pytest.Pytester, folder: Path, endpoints: Callable[[], set[str]], how: signal.Signals
) -> None:
    pytester.makepyfile(
        """
        import pathlib, pytest, time

        @pytest.fixture
        def repository(noted, ecr_client):
            yield ecr_client.create_repository(repositoryName="demo")["repository"]
            ecr_client.delete_repository(repositoryName="demo")
            pathlib.Path("deleted").touch()

        def test_lasts(repository):
            pathlib.Path("begun").touch()
            time.sleep(600)
        """
    )
    # In a group of its own, which a terminal would interrupt as a whole.
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q"], cwd=pytester.path, stdout=subprocess.PIPE, start_new_session=True
    )
    wait_for((pytester.path / "begun").exists)
    (endpoint,) = endpoints()
    assert answers(endpoint)
    os.killpg(run.pid, how)
    output, _ = run.communicate(timeout=SECONDS)
    wait_for(lambda: not answers(endpoint))
    wait_for(lambda: list(folder.iterdir()) == [])
    if how == signal.SIGINT:
        assert b"KeyboardInterrupt" in output
        assert (pytester.path / "deleted").exists(), "the registry ended before the fixtures that use it"


def test_two_runs_at_once(pytester: pytest.Pytester, folder: Path, endpoints: Callable[[], set[str]]) -> None:
    pytester.makepyfile(
        """
        import os, pathlib, pytest, time

        def test_meets_the_other(noted, ecr_client):
            ecr_client.create_repository(repositoryName="demo")
            pathlib.Path(f"there-{os.getpid()}").touch()
            deadline = time.monotonic() + 50
            while len(list(pathlib.Path.cwd().glob("there-*"))) < 2:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert len(ecr_client.describe_repositories()["repositories"]) == 1
        """
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    runs = [subprocess.Popen(command, cwd=pytester.path, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [run.wait(SECONDS) for run in runs] == [0, 0]
    assert len(endpoints()) == 2
    assert list(folder.iterdir()) == []


def test_a_registry_that_does_not_start_says_why_and_is_tried_once(pytester: pytest.Pytester, folder: Path) -> None:
    # pytester puts its folder on PYTHONPATH, where the server finds this in place of the real module.
    pytester.makepyfile(
        sqlalchemy="open('attempts', 'a').write('.')\nraise RuntimeError('of all days, today')",
        test_it="""
        def test_one(ecr_client): ...
        def test_two(registry_url): ...
        """,
    )
    result = pytester.runpytest_subprocess(timeout=SECONDS)
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        ["*RegistryNotStarted: The registry for the tests ended with exit code 1. Its log:*", "*of all days, today*"]
    )
    assert (pytester.path / "attempts").read_text() == "."
    assert list(folder.iterdir()) == []


def test_modules_of_the_tests_do_not_stand_in_for_the_servers(pytester: pytest.Pytester, folder: Path) -> None:
    pytester.makepyfile(
        sqlalchemy="raise RuntimeError", secrets="raise RuntimeError", test_it="def test_one(registry_url): ..."
    )
    command = [sys.executable, "-P", "-m", "pytest", "-q"]
    done = subprocess.run(command, cwd=pytester.path, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout
    assert list(folder.iterdir()) == []


def test_a_failed_test_shows_what_the_server_logged(pytester: pytest.Pytester, folder: Path) -> None:
    pytester.makepyfile(
        """
        import contextlib, sqlite3
        from wharfside_sdk.ecr.client import ECRClient

        def test_broken(ecr_registry):
            database = ecr_registry.log_file.parent / "data" / "registry.db"
            with contextlib.closing(sqlite3.connect(database)) as connection:
                connection.execute("ALTER TABLE repository RENAME TO gone")
            with ECRClient(**ecr_registry.client_arguments, max_attempts=1) as client:
                client.describe_repositories()

        def test_another(ecr_registry):
            assert False
        """
    )
    result = pytester.runpytest_subprocess(timeout=SECONDS)
    result.assert_outcomes(failed=2)
    shown = result.stdout.str()
    assert shown.count("The registry's log:") == 1
    assert "unhandled exception in POST /" in shown


def test_without_boto3(pytester: pytest.Pytester, folder: Path) -> None:
    pytester.makepyfile(
        boto3="raise ModuleNotFoundError('No module named boto3')",
        test_it="""
        from wharfside.testing import use_registry
        from wharfside_sdk.ecr.client import ECRClient

        def test_boto3(ecr_client): ...
        def test_sdk(ecr_sdk_client):
            ecr_sdk_client.create_repository(repositoryName="demo")
        @use_registry
        def test_decorated():
            with ECRClient() as client:
                client.create_repository(repositoryName="demo")
        """,
    )
    result = pytester.runpytest_subprocess("-W", "error", timeout=SECONDS)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*boto3 is not installed. Run `pip install wharfside*testing*`*ecr_sdk_client*"])
