"""`wharfside.testing` outside of pytest's fixtures: the context manager, the decorator, and the server behind them."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
import subprocess
import sys
import tempfile
import unittest
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from registry_process import tool
from wharfside.testing import Registry, RegistryNotStarted, registry, server, use_registry
from wharfside_sdk.ecr.aio import AsyncECRClient
from wharfside_sdk.errors import ClientError
from wharfside_sdk.image_transfer import pull_image

SECONDS = 60


@pytest.fixture(autouse=True)
def _compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    # Compiling every module at every start would double the time of a test run.
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)


def client(service: Any = "ecr") -> Any:
    """What the code of users does: it makes its own client."""
    return boto3.client(service)


def create() -> str:
    """Create a repository; the account in which it is alone."""
    ecr = client()
    ecr.create_repository(repositoryName="demo")
    (only,) = ecr.describe_repositories()["repositories"]
    return only["registryId"]


class TestRegistry:
    def test_accounts_are_apart_on_one_server(self) -> None:
        with registry() as one, registry() as two:
            assert one.account != two.account
            assert one.endpoint_url == two.endpoint_url
            one.client().create_repository(repositoryName="demo")
            assert two.client().describe_repositories()["repositories"] == []
            assert two.sdk_client().describe_repositories()["repositories"] == []

    def test_the_account_and_the_region_may_be_chosen(self) -> None:
        with registry(account="123456789012", region="eu-west-3") as chosen:
            arn = chosen.client("sts").get_caller_identity()["Arn"]
            made = chosen.client().create_repository(repositoryName="demo")["repository"]
        assert arn == "arn:aws:iam::123456789012:root"
        assert made["repositoryArn"] == "arn:aws:ecr:eu-west-3:123456789012:repository/demo"

    @pytest.mark.parametrize("account", ["", "1234", "12345678901x", "1234567890123", "١٢٣٤٥٦٧٨٩٠١٢"])
    def test_an_account_is_12_digits(self, account: str) -> None:
        with pytest.raises(ValueError, match="12 digits"), registry(account=account):
            pass

    def test_arguments_for_a_client_stand_above_the_accounts(self) -> None:
        with registry() as opened:
            assert opened.client(region_name="eu-north-1").meta.region_name == "eu-north-1"

    def test_the_users_own_configuration_has_no_say(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "config").write_text("[profile mine]\nregion = ap-south-1\nretry_mode = no such mode\n")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        for profile in "mine", "missing":
            monkeypatch.setenv("AWS_PROFILE", profile)
            with registry() as opened:
                assert opened.client().meta.region_name == "us-east-1"

    def test_clients_are_closed_at_the_end(self) -> None:
        with registry() as opened:
            opened.client().describe_repositories()
            opened.sdk_client().describe_repositories()
        del opened
        gc.collect()  # an open connection would warn, and a warning is an error here

    def test_an_async_client(self) -> None:
        async def main(opened: Registry) -> str:
            async with AsyncECRClient(**opened.client_arguments) as ecr:
                return (await ecr.create_repository(repositoryName="demo"))["repository"]["registryId"]

        with registry() as opened:
            assert asyncio.run(main(opened)) == opened.account

    def test_programs_find_it_by_their_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_PROFILE", "missing")
        monkeypatch.setenv("AWS_SESSION_TOKEN", "of another key")
        command = [Path(sys.executable).with_name("aws"), "sts", "get-caller-identity", "--query", "Account"]
        with registry() as opened:
            assert os.environ["AWS_PROFILE"] == "missing"
            done = subprocess.run(command, env=opened.environment(), capture_output=True, timeout=SECONDS, check=True)
            assert done.stdout.decode().strip() == f'"{opened.account}"'

    def test_images_are_real(self, tmp_path: Path) -> None:
        with registry() as opened:
            ecr = opened.client()
            ecr.create_repository(repositoryName="demo")
            digest = opened.push_image("demo", "v1", "latest")
            untagged = opened.push_image("demo")
            details = {each["imageDigest"]: each for each in ecr.describe_images(repositoryName="demo")["imageDetails"]}
            assert sorted(details[digest]["imageTags"]) == ["latest", "v1"]
            assert "imageTags" not in details[untagged]
            assert pull_image(opened.sdk_client(), "demo", "v1", tmp_path / "sdk") == digest
            source = f"docker://{opened.url}/demo:latest"
            credentials = f"{opened.username}:{opened.password}"
            command = [tool("skopeo"), "copy", "--src-tls-verify=false", "--src-creds", credentials]
            subprocess.run([*command, source, f"oci:{tmp_path}/skopeo:it"], timeout=SECONDS, check=True)
            with pytest.raises(ClientError, match="RepositoryNotFoundException"):
                opened.push_image("missing")


class TestUseRegistry:
    def test_a_function(self) -> None:
        @use_registry
        def decorated(a: int, *, b: int = 2) -> tuple[str, int]:
            """What it does."""
            return create(), a + b

        (first, number), (second, _) = decorated(1), decorated(1, b=3)
        assert first != second
        assert number == 3
        assert (decorated.__name__, decorated.__doc__) == ("decorated", "What it does.")
        assert list(inspect.signature(decorated).parameters) == ["a", "b"]

    def test_a_method_and_a_chosen_account(self) -> None:
        class Tests:
            @use_registry(account="123456789013", region="eu-west-1")
            def method(self) -> tuple[str, str]:
                return create(), client().meta.region_name

        assert Tests().method() == ("123456789013", "eu-west-1")

    def test_a_coroutine_function(self) -> None:
        @use_registry
        async def decorated() -> str:
            await asyncio.sleep(0)
            return create()

        assert asyncio.run(decorated()) != asyncio.run(decorated())
        assert "AWS_ENDPOINT_URL_ECR" not in os.environ

    def test_a_generator(self) -> None:
        @use_registry
        def decorated() -> Iterator[str]:
            yield create()
            assert "AWS_ENDPOINT_URL_ECR" in os.environ

        for _ in decorated():
            assert len(client().describe_repositories()["repositories"]) == 1
        assert "AWS_ENDPOINT_URL_ECR" not in os.environ

    def test_an_asynchronous_generator(self) -> None:
        ended: list[bool] = []

        @use_registry
        async def decorated() -> AsyncIterator[str]:
            try:
                yield create()
            finally:
                ended.append("AWS_ENDPOINT_URL_ECR" in os.environ)

        async def main() -> None:
            async for _ in decorated():
                assert len(client().describe_repositories()["repositories"]) == 1

        asyncio.run(main())
        assert ended == [True]
        assert "AWS_ENDPOINT_URL_ECR" not in os.environ

    def test_a_class(self) -> None:
        class Base:
            def test_inherited(self) -> str:
                return create()

        @use_registry
        class Tests(Base):
            test_data = "not a test"

            def test_own(self) -> str:
                return create()

            @staticmethod
            def test_static() -> str:
                return create()

            @classmethod
            def test_of_the_class(cls) -> str:
                assert cls is Tests
                return create()

            async def test_async(self) -> str:
                return create()

            def other(self) -> str | None:
                return os.environ.get("AWS_ENDPOINT_URL_ECR")

        tests = Tests()
        made = {tests.test_inherited(), tests.test_own(), tests.test_static(), tests.test_of_the_class()}
        made.add(asyncio.run(tests.test_async()))
        assert len(made) == 5
        assert tests.other() is None
        assert Tests.test_data == "not a test"
        assert not hasattr(Base.test_inherited, "__wrapped__")

    def test_a_test_case(self) -> None:
        seen: list[str] = []

        @use_registry
        class Tests(unittest.IsolatedAsyncioTestCase):
            def setUp(self) -> None:
                self.addCleanup(client().delete_repository, repositoryName="demo")
                self.account = create()
                seen.append(self.account)

            def test_plain(self) -> None:
                assert client("sts").get_caller_identity()["Account"] == self.account

            async def test_async(self) -> None:
                assert client("sts").get_caller_identity()["Account"] == self.account

            def test_fails(self) -> None:
                self.fail("as it should")

        result = unittest.TestResult()
        unittest.defaultTestLoader.loadTestsFromTestCase(Tests).run(result)
        assert (result.testsRun, len(result.failures), result.errors) == (3, 1, [])
        assert len(set(seen)) == 3
        assert "AWS_ENDPOINT_URL_ECR" not in os.environ

    def test_a_context_also_nested(self) -> None:
        used = use_registry()
        with used as outer:
            assert create() == outer.account
            with used as inner:
                assert create() == inner.account != outer.account
            assert client("sts").get_caller_identity()["Account"] == outer.account

    def test_everything_is_put_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_PROFILE", "mine")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "MINE")
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", "mine")
        before = dict(os.environ)

        @use_registry
        def decorated() -> None:
            create()
            assert os.environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1", "other services are none of our business"
            os.environ["SET_BY_THE_TEST"] = "stays"
            raise KeyError("as it should")

        with pytest.raises(KeyError):
            decorated()
        assert os.environ.pop("SET_BY_THE_TEST") == "stays"
        assert dict(os.environ) == before
        assert boto3.DEFAULT_SESSION == "mine"

    @pytest.mark.parametrize("wrong", [pytest.fixture(lambda: None), type("Empty", (), {}), 3])
    def test_what_cannot_be_decorated_is_refused(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match="use_registry"):
            use_registry(wrong)


class TestServer:
    def test_one_that_died_is_replaced(self) -> None:
        with registry() as first:
            died = server.running_server()
            died.process.kill()
            died.process.wait(SECONDS)
        with registry() as second:
            assert second.endpoint_url != first.endpoint_url
            assert second.client().describe_repositories()["repositories"] == []
        assert not died.folder.exists()

    def test_one_that_is_never_ready_is_given_up(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "sqlalchemy.py").write_text("import time\ntime.sleep(600)\n")
        (tmp_path / "temporary").mkdir()
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
        monkeypatch.setattr(server, "START_SECONDS", 2.0)
        with pytest.raises(RegistryNotStarted, match=r"was not ready within 2 seconds. Its log:\n\(empty\)"):
            server.start_server()
        assert list((tmp_path / "temporary").iterdir()) == []

    def test_a_forked_process_uses_it_and_leaves_it_running(self) -> None:
        with registry() as opened:
            process = os.fork()
            if process == 0:
                code = 1
                try:
                    with use_registry() as own:
                        code = 0 if create() == own.account and own.endpoint_url == opened.endpoint_url else 2
                    server.running_server().stop()  # as at the end of an interpreter
                finally:
                    os._exit(code)
            assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
            assert opened.client().describe_repositories()["repositories"] == []

    def test_settings_meant_for_others_do_not_reach_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WHARFSIDE_HOST", "0.0.0.0")
        monkeypatch.setenv("WHARFSIDE_CONFIG", "/missing")
        monkeypatch.setenv("PYTHONWARNINGS", "error")
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        started = server.start_server()
        try:
            variables = Path(f"/proc/{started.process.pid}/environ").read_bytes().decode()
            assert not any(line.startswith(("WHARFSIDE_", "AWS_", "PYTHONW")) for line in variables.split("\0"))
            with urllib.request.urlopen(f"{started.endpoint_url}/healthz", timeout=10) as reply:
                assert reply.status == 200
        finally:
            started.stop()
        assert not started.folder.exists()

    def test_it_ends_with_the_script_that_uses_it(self, tmp_path: Path) -> None:
        script = "from wharfside.testing import registry\nwith registry() as it: it.client().describe_repositories()"
        command = [sys.executable, "-X", "dev", "-W", "error", "-c", script]
        environment = os.environ | {"TMPDIR": str(tmp_path)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert list(tmp_path.iterdir()) == []
