"""What is measured, of whom, and what must be reached.

The targets were set as numbers beside those of the rivals on the same machine, and are kept as the ratio of the two:
`make-client` was to take 75 ms where boto3 took 176. What has no rival, or takes the same on every machine, is held to
the number itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.cases import Target
from benchmarks.sdk.measure import CPU, MEMORY, REFUSED, WRONGLY_REFUSED

OURS = "wharfside-sdk"
DEVELOPMENT, RIVALS, AIOBOTOCORE = ".venv", ".venv-rivals", ".venv-aiobotocore"
URL, REQUESTS, FOLDER, ROOT = "{url}", "{requests}", "{folder}", "{root}"
"""Stand in commands for the stub server, the file of requests, a new folder with the samples, and the project's."""


@dataclass(frozen=True)
class Command:
    """What Python is to run, and in which environment. It prints numbers by unit, as JSON."""

    environment: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Goal:
    """What a measure of ours must reach, compared with a rival's or (without one) by itself."""

    measure: str
    target: Target
    rival: str = ""


@dataclass(frozen=True)
class Case:
    name: str
    commands: Mapping[str, Command]
    """By the name of the package; ours among them."""
    goals: tuple[Goal, ...] = ()
    once: bool = False
    """For what takes long or never differs."""


_MEASURE = ("-m", "benchmarks.sdk.measure")


def _ratio(limit: float) -> Target:
    return Target(round(limit, 2))


def _number(limit: float) -> Target:
    return Target(limit, absolute=True)


def _fresh(statements: str, environment: str = RIVALS, before: str = "") -> Command:
    return Command(environment, ("-P", "benchmarks/sdk/fresh.py", statements, before))


def _timed(contender: str, function: str, *arguments: str) -> Command:
    return Command(RIVALS, (*_MEASURE, "time", contender, function, *arguments))


def _asked(contender: str) -> Command:
    return Command(RIVALS, (*_MEASURE, "ask", contender, REQUESTS))


_SETTINGS = 'region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"'
_WITH_AIOBOTOCORE = f"""\
import asyncio
from aiobotocore.session import get_session
async def main():
    async with get_session().create_client("ecr", {_SETTINGS}):
        pass
asyncio.run(main())"""
_OURS_ASYNCHRONOUS = f"""\
import asyncio
from wharfside_sdk.ecr import AsyncECRClient
async def main():
    async with AsyncECRClient({_SETTINGS}):
        pass
asyncio.run(main())"""
_BEFORE_VALIDATORS = """\
from wharfside_sdk.model.ir import load
from wharfside_sdk.model.validators import request_validator
operations = list(load("ecr").operations)
def use(operation):
    try:
        request_validator("ecr", operation).validate_python({})
    except ValueError:
        pass"""

IMPORTS = (
    Case(
        "import-literals",
        {
            OURS: _fresh("from wharfside_sdk.ecr.literals import TagStatusType"),
            "mypy-boto3-ecr": _fresh("from mypy_boto3_ecr.literals import TagStatusType", DEVELOPMENT),
        },
        (Goal(CPU, _ratio(12 / 118), "mypy-boto3-ecr"), Goal(MEMORY, _number(3))),
    ),
    Case(
        "import-type-defs",
        {
            OURS: _fresh("from wharfside_sdk.ecr.type_defs import RepositoryTypeDef"),
            "mypy-boto3-ecr": _fresh("from mypy_boto3_ecr.type_defs import RepositoryTypeDef", DEVELOPMENT),
        },
        (Goal(CPU, _ratio(35 / 118), "mypy-boto3-ecr"), Goal(MEMORY, _number(6))),
    ),
    Case(
        "make-client",
        {
            OURS: _fresh(f"from wharfside_sdk.ecr import ECRClient; ECRClient({_SETTINGS})"),
            "boto3": _fresh(f'import boto3; boto3.client("ecr", {_SETTINGS})'),
            "capo-ecr": _fresh(
                'from capo_ecr import ECRClient; ECRClient(region="us-east-1", '
                'credentials={"access_key": "a", "secret_key": "b"})'
            ),
        },
        (Goal(CPU, _ratio(75 / 176), "boto3"), Goal(CPU, _ratio(75 / 107), "capo-ecr"), Goal(MEMORY, _number(15))),
    ),
    Case(
        "make-async-client",
        {OURS: _fresh(_OURS_ASYNCHRONOUS), "aiobotocore": _fresh(_WITH_AIOBOTOCORE, AIOBOTOCORE)},
    ),
    Case(
        "first-pydantic-model",
        {
            OURS: _fresh(
                "from wharfside_sdk.ecr.models import CreateRepositoryRequest\n"
                'CreateRepositoryRequest(repositoryName="ab")'
            ),
            "aws-resource-validator": _fresh(
                "from aws_resource_validator.pydantic_models.ecr import CreateRepositoryRequestTypeDef\n"
                'CreateRepositoryRequestTypeDef(repositoryName="ab")'
            ),
            "pydantic by itself": _fresh(
                "from pydantic import BaseModel\nclass Request(BaseModel):\n    repositoryName: str\n"
                'Request(repositoryName="ab")'
            ),
        },
        (Goal(CPU, _ratio(130 / 278), "aws-resource-validator"), Goal(MEMORY, _number(20))),
    ),
)

CALLS = (
    Case(
        "build-all-validators",
        {OURS: _fresh("for operation in operations:\n    use(operation)", before=_BEFORE_VALIDATORS)},
        (Goal(CPU, _number(10)),),
    ),
    Case(
        "use-first-validator",
        {OURS: _fresh('use("PutImage")', before=_BEFORE_VALIDATORS)},
        (Goal(CPU, _number(1)),),
    ),
    Case(
        "check-create-repository",
        {
            OURS: _timed("wharfside", "check"),
            "botocore": _timed("boto3_client", "check"),
            "aws-resource-validator": _timed("aws_resource_validator_models", "check"),
            "its wrap_client": _timed("aws_resource_validator_client", "check"),
        },
        (Goal(CPU, _number(0.01)),),
    ),
    Case(
        "check-create-repository-model",
        {
            OURS: _timed("wharfside_models", "check"),
            "aws-resource-validator": _timed("aws_resource_validator_models", "check"),
        },
    ),
    Case(
        "read-1000-images",
        {
            OURS: _timed("wharfside", "read"),
            "botocore": _timed("boto3_client", "read"),
            "capo-ecr": _timed("capo", "read"),
        },
        (Goal(CPU, _ratio(8 / 57), "botocore"), Goal(CPU, _ratio(8 / 21), "capo-ecr")),
    ),
    Case(
        "read-1000-images-model",
        {
            OURS: _timed("wharfside_models", "read"),
            "aws-resource-validator": _timed("aws_resource_validator_models", "read"),
            "boto3-dataclass-ecr": _timed("boto3_dataclass", "read"),
        },
    ),
    Case(
        "call-small",
        {
            OURS: _timed("wharfside", "small_call", URL),
            "boto3": _timed("boto3_client", "small_call", URL),
            "capo-ecr": _timed("capo", "small_call", URL),
        },
        (Goal(CPU, _ratio(1 / 2), "boto3"), Goal(CPU, _ratio(0.6 / 1.1), "capo-ecr")),
    ),
    Case(
        "call-1000-images",
        {
            OURS: _timed("wharfside", "large_call", URL),
            "boto3": _timed("boto3_client", "large_call", URL),
            "capo-ecr": _timed("capo", "large_call", URL),
        },
        (Goal(CPU, _ratio(1 / 6), "boto3"), Goal(CPU, _ratio(9 / 15), "capo-ecr")),
    ),
)


_PYTHON = f"{ROOT}/{RIVALS}/bin/python"
_CHECKERS = {
    "mypy": ("mypy", "--strict", "--config-file=", f"--python-executable={_PYTHON}", f"--cache-dir={FOLDER}/cache"),
    "pyright": ("pyright", "--pythonpath", _PYTHON, "--project"),
}
_LONGEST = {"mypy": 3000, "pyright": 2500}


def _checked(checker: str, sample: str) -> Command:
    return Command(DEVELOPMENT, (*_MEASURE, "module", *_CHECKERS[checker], f"{FOLDER}/{sample}"))


CHECKS = (
    Case(
        "constraints",
        {
            OURS: _asked("wharfside"),
            "botocore": _asked("boto3_client"),
            "aws-resource-validator": _asked("aws_resource_validator_models"),
            "its wrap_client": _asked("aws_resource_validator_client"),
        },
        (
            Goal(REFUSED, Target(100, at_least=True, absolute=True)),
            Goal(WRONGLY_REFUSED, _number(0)),
        ),
        once=True,
    ),
    Case(
        "constraints-model",
        {
            OURS: _asked("wharfside_models"),
            "aws-resource-validator": _asked("aws_resource_validator_models"),
        },
        (
            Goal(REFUSED, Target(100, at_least=True, absolute=True)),
            Goal(WRONGLY_REFUSED, _number(0)),
        ),
        once=True,
    ),
    Case(
        "refuse-hostile-text",
        {
            OURS: _timed("wharfside", "accepts"),
            "aws-resource-validator": _timed("aws_resource_validator_models", "accepts"),
        },
        (Goal(CPU, _number(1)),),
        once=True,
    ),
    *(
        Case(
            f"{checker}-sample",
            {OURS: _checked(checker, "with_wharfside"), "boto3-stubs": _checked(checker, "with_boto3")},
            (Goal(CPU, _number(_LONGEST[checker])),),
        )
        for checker in _CHECKERS
    ),
    Case(
        "generate",
        {OURS: Command(DEVELOPMENT, (*_MEASURE, "module", "tools.codegen", "--check"))},
        (Goal(CPU, _number(5000)),),
        once=True,
    ),
)

CASES = IMPORTS + CALLS + CHECKS
