"""The examples of the reference and of the guide for Python run as they stand there, against a real registry.

Every example has an account of its own with the repository demo/app and the image v1, in a registry in open mode.
"""

from __future__ import annotations

import doctest
import gc
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import boto3
import pytest
from boto3.session import Session
from botocore.exceptions import ClientError as BotocoreClientError
from botocore.exceptions import WaiterError as BotocoreWaiterError
from botocore.session import Session as BotocoreSession
from tools.codegen.naming import CLASS_PREFIXES, PACKAGES
from tools.reference.details import pages
from tools.reference.facts import facts

from oci_client import OCI_MANIFEST, digest_of
from registry_process import RegistryProcess, free_port
from wharfside_sdk.ecr import ECRClient
from wharfside_sdk.errors import ClientError, WaiterError
from wharfside_sdk.model.ir import ServiceName, load

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "python.md"
ACCOUNT = "123456789012"
CONFIG, LAYER = b'{"architecture": "amd64", "os": "linux"}', b"a layer"
_LOADER = BotocoreSession().get_component("data_loader")
"""Remembers the models that it has read, which is most of what making a client of boto3's costs."""
_accounts = itertools.count(200_000_000_000)


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def _examples() -> Iterator[Any]:
    """Service, name of the operation, paginator or waiter, code, and what it prints."""
    for service in get_args(ServiceName):
        for path, page in pages(load(service)).items():
            kind, _, name = path.removesuffix(".md").partition("/")
            if kind in ("operations", "paginators", "waiters"):
                example = page.partition("## Example")[2].partition("\n## ")[0]
                (code,), printed = _blocks(example, "python"), _blocks(example, "text")
                yield pytest.param(service, name, code, "".join(printed), id=f"{service}.{name}")


EXAMPLES = list(_examples())


@pytest.fixture(scope="module")
def open_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryProcess]:
    process = RegistryProcess(tmp_path_factory.mktemp("examples") / "data", free_port(), ("--open",))
    process.start()
    yield process
    process.stop()


@pytest.fixture
def account(open_registry: RegistryProcess, monkeypatch: pytest.MonkeyPatch) -> str:
    """An account of its own, which the environment names to all clients."""
    account = str(next(_accounts))
    for name, value in (open_registry.environment() | {"AWS_ACCESS_KEY_ID": account}).items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", open_registry.url)
    session = BotocoreSession()
    session.register_component("data_loader", _LOADER)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", Session(botocore_session=session))
    with ECRClient() as ecr:
        _push(ecr)
    return account


def _push(ecr: ECRClient) -> None:
    ecr.create_repository(repositoryName="demo/app")
    for content in (CONFIG, LAYER):
        upload = ecr.initiate_layer_upload(repositoryName="demo/app")["uploadId"]
        end = len(content) - 1
        ecr.upload_layer_part(
            repositoryName="demo/app", uploadId=upload, partFirstByte=0, partLastByte=end, layerPartBlob=content
        )
        ecr.complete_layer_upload(repositoryName="demo/app", uploadId=upload, layerDigests=[digest_of(content)])
    config = {"mediaType": "application/vnd.oci.image.config.v1+json"}
    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar"}
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": config | {"digest": digest_of(CONFIG), "size": len(CONFIG)},
        "layers": [layer | {"digest": digest_of(LAYER), "size": len(LAYER)}],
    }
    ecr.put_image(repositoryName="demo/app", imageManifest=json.dumps(manifest), imageTag="v1")


def _run(code: str, account: str, name: str) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    try:
        exec(compile(code.replace(ACCOUNT, account), name, "exec"), names)
    finally:
        if "ecr" in names:  # Programs leave that to their end.
            names["ecr"].close()


def _code_of_refusal(code: str, account: str, name: str) -> str | None:
    """The code of the error that an example ends with; None when it goes well."""
    try:
        _run(code, account, name)
    except (BotocoreWaiterError, WaiterError) as failure:
        return failure.last_response.get("Error", {}).get("Code")
    except (BotocoreClientError, ClientError) as refusal:
        return refusal.response.get("Error", {}).get("Code")
    return None


def _operation(service: ServiceName, name: str) -> str:
    model = load(service)
    waiter = model.waiters.get(name.removesuffix("Waiter"))
    return waiter.operation if waiter else name.removesuffix("Paginator")


def _with_own_client(code: str, service: ServiceName) -> str:
    client = f"{CLASS_PREFIXES[service]}Client"
    imported = f"from wharfside_sdk.{PACKAGES[service]} import {client}"
    changed = code.replace("import boto3\n", f"{imported}\n", 1)
    return changed.replace(f'boto3.client("{service}")', f"{client}()", 1)


@pytest.mark.parametrize("client", ["boto3", "wharfside_sdk"])
@pytest.mark.parametrize(("service", "name", "code", "prints"), EXAMPLES)
def test_example(
    account: str,
    capsys: pytest.CaptureFixture[str],
    service: ServiceName,
    name: str,
    code: str,
    prints: str,
    client: str,
) -> None:
    if client == "wharfside_sdk":
        code = _with_own_client(code, service)
    operation = _operation(service, name)
    if operation in facts(service).not_yet:
        assert _code_of_refusal(code, account, name) == "UnsupportedCommandException", (
            f"{operation} is answered now: remove its line from `not_yet` in tools/reference/examples.toml, "
            f"and say there what the example [{service}.{name}] prints"
        )
        return
    _run(code, account, name)
    printed = capsys.readouterr().out.replace(account, ACCOUNT)
    if not doctest.OutputChecker().check_output(prints, printed, doctest.ELLIPSIS):
        assert printed == prints, f"see [{service}.{name}] in tools/reference/examples.toml"


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("code", _blocks(GUIDE.read_text(), "python"))
def test_guide(account: str, code: str) -> None:
    _run(code, account, GUIDE.name)
    gc.collect()  # Here what it left open is closed, and not in another test.
