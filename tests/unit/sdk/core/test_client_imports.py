"""What making a client loads: nothing that is not needed, and nothing of boto3's at all."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import wharfside_sdk

MAKE = """
import sys
from wharfside_sdk.ecr.client import ECRClient
ecr = ECRClient(region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
"""
CALL = """
from wharfside_sdk.core.http import HttpResponse
class Transport:
    def send(self, request):
        return HttpResponse(200, {}, b'{"repositories": []}')
    def close(self):
        pass
ecr = ECRClient(region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b", transport=Transport())
assert ecr.describe_repositories()["repositories"] == []
"""
LIST = "print(*sorted({name.partition('.')[0] for name in sys.modules}))"


def _loaded(program: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", program + LIST], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_making_a_client_loads_little() -> None:
    unwanted = {"pydantic", "pydantic_core", "botocore", "boto3", "aiohttp", "asyncio", "ssl", "jmespath", "email"}
    assert _loaded(MAKE) & unwanted == set()


def test_calling_loads_neither_pydantic_nor_botocore() -> None:
    loaded = _loaded(MAKE + CALL)
    assert loaded & {"pydantic", "botocore", "boto3", "aiohttp", "asyncio", "jmespath"} == set()
    assert "pydantic_core" in loaded


def test_an_asynchronous_client_says_what_to_install() -> None:
    program = """
import sys
sys.modules["aiohttp"] = None
from wharfside_sdk.ecr.aio import AsyncECRClient
AsyncECRClient(region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 1
    assert "MissingDependency" in done.stderr
    assert "pip install 'wharfside-sdk[aio]'" in done.stderr


def test_the_version_is_the_distribution_s() -> None:
    project = Path(wharfside_sdk.__file__).parents[1] / "pyproject.toml"
    if not project.is_file():
        pytest.skip("not run from the sources")
    assert tomllib.loads(project.read_text())["project"]["version"] == wharfside_sdk.__version__
