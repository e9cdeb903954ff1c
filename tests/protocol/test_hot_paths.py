"""What a request costs inside: thread hops, SQL statements, and nothing that waits for a disk on the event loop.

The registry runs in this process, so that every call can be watched, and is driven over a real connection.
"""

from __future__ import annotations

import asyncio
import base64
import builtins
import inspect
import os
import signal
import sqlite3
import threading
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import boto3
import pytest
from sqlalchemy import event

from api_client import upload_layer
from image_content import Content
from oci_client import OciClient, digest_of
from wharfside import app
from wharfside.api import serving
from wharfside.api.connection import Handler
from wharfside.api.ecr.operations import OPERATIONS
from wharfside.api.metrics import Metrics
from wharfside.api.oci.routes import ROUTES, BodyRoute, UnitRoute
from wharfside.api.server import Server, answer_failure
from wharfside.api.threads import BatchedThreads
from wharfside.config import Settings, load_settings
from wharfside.folder import Folder, read_json
from wharfside.store.db import Db, open_engine
from wharfside_sdk.model.ir import load

DISK_CALLS = [
    "fdatasync",
    "fsync",
    "link",
    "listdir",
    "lstat",
    "mkdir",
    "open",
    "rename",
    "replace",
    "rmdir",
    "scandir",
    "stat",
    "truncate",
    "unlink",
]


@dataclass
class Watch:
    """What happened while somebody watched."""

    loop_thread: int = 0
    on_loop: list[str] = field(default_factory=list)
    """Calls that may wait for the disk, made on the event loop's thread, with where they came from."""
    elsewhere: Counter[str] = field(default_factory=Counter)
    statements: list[str] = field(default_factory=list)
    hops: int = 0

    def note(self, what: str) -> None:
        if threading.get_ident() == self.loop_thread:
            # Formatting a stack would read source files, and so be seen itself.
            frames = (f"  {frame.f_code.co_filename}:{line}" for frame, line in traceback.walk_stack(None))
            self.on_loop.append("\n".join((what, *islice(frames, 12))))
        else:
            self.elsewhere[what] += 1

    def sql(self, text: str) -> None:
        self.note("sql")
        if not text.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")):
            self.statements.append(text)

    @contextmanager
    def cost(self) -> Iterator[dict[str, int]]:
        """How many hops and statements the block takes."""
        hops, statements = self.hops, len(self.statements)
        found: dict[str, int] = {}
        yield found
        found.update(hops=self.hops - hops, statements=len(self.statements) - statements)


def watched(watch: Watch, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        watch.note(name)
        return original(*arguments, **options)

    return call


def counted(watch: Watch, original: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        watch.hops += 1
        return original(*arguments, **options)

    return call


def install(watch: Watch, patch: pytest.MonkeyPatch) -> None:
    for name in DISK_CALLS:
        patch.setattr(os, name, watched(watch, name, getattr(os, name)))
    patch.setattr(builtins, "open", watched(watch, "open", builtins.open))
    for owner, name in ((BatchedThreads, "run"), (Db, "write"), (asyncio.BaseEventLoop, "run_in_executor")):
        patch.setattr(owner, name, counted(watch, getattr(owner, name)))

    def traced(url: str) -> Any:
        engine = open_engine(url)

        @event.listens_for(engine, "connect")
        def trace(connection: sqlite3.Connection, _: object) -> None:
            connection.set_trace_callback(watch.sql)

        return engine

    patch.setattr("wharfside.app.open_engine", traced)


def run(folder: Folder, settings: Settings, watch: Watch, drive: Callable[[str], None]) -> None:
    """Serve, and have a thread of its own drive the server."""
    (listener,) = serving.listen("127.0.0.1", 0)
    host = f"127.0.0.1:{listener.getsockname()[1]}"

    @asynccontextmanager
    async def open_handler() -> AsyncIterator[Handler]:
        node = app.open_node(settings, folder)
        yield Server(node, Metrics(None)).answer
        app.close_node(node)

    async def main() -> None:
        failures: list[BaseException] = []

        def work() -> None:
            try:
                drive(host)
            except BaseException as failure:
                failures.append(failure)
            finally:
                signal.raise_signal(signal.SIGTERM)

        driver = threading.Thread(target=work)

        def ready() -> None:
            watch.loop_thread = threading.get_ident()
            os.stat(".")  # what the watch is for: it must see this one
            assert len(watch.on_loop) == 1
            watch.on_loop.clear()
            driver.start()

        await serving.serve([listener], open_handler, on_error=answer_failure, on_ready=ready)
        watch.loop_thread = 0
        driver.join()
        if failures:
            raise failures[0]

    with listener:
        asyncio.run(main())


def push_and_pull(client: OciClient, ecr: Any) -> tuple[str, str]:
    """Every kind of request that moves content, by both ways in; digests of an image and of a blob."""
    for name in ("one", "two"):
        ecr.create_repository(repositoryName=name)
    content = Content()
    image = content.image("latest")["digest"]
    content.platforms("multi")
    content.push(client, "one")
    large = os.urandom(3 << 20)
    location = client.start_upload("one")
    location = client.patch_upload(location, large[: 1 << 20], 0).location
    location = client.patch_upload(location, [large[1 << 20 : 2 << 20], large[2 << 20 :]]).location
    assert client.put_upload(location, digest_of(large)).status == 201
    assert (
        client.request("DELETE", client.patch_upload(client.start_upload("one"), b"never mind").location).status == 204
    )
    mounted = client.request("POST", f"/v2/two/blobs/uploads/?mount={digest_of(large)}&from=one")
    assert mounted.status == 201
    assert client.get_blob("two", digest_of(large)).body == large
    assert client.get_blob("two", digest_of(large), Range="bytes=1000000-1999999").body == large[1000000:2000000]
    assert client.get_blob("two", digest_of(large), "HEAD").status == 200
    upload_layer(ecr, "two", b"by the API")
    ecr.batch_check_layer_availability(repositoryName="one", layerDigests=[digest_of(large)])
    ecr.batch_get_image(repositoryName="one", imageIds=[{"imageTag": "multi"}])
    layer = next(iter(content.blobs))
    url = ecr.get_download_url_for_layer(repositoryName="one", layerDigest=layer)["downloadUrl"]
    assert client.request("GET", "/" + url.split("/", 3)[3]).body == content.blobs[layer]
    assert client.list_tags("one").json()["tags"] == ["latest", "multi"]
    ecr.batch_delete_image(repositoryName="one", imageIds=[{"imageTag": "multi"}])
    return image, layer


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> tuple[Watch, dict[str, dict[str, int]]]:
    """What was seen while a registry was pushed to and pulled from, and the cost of single requests by their names."""
    data: Path = tmp_path_factory.mktemp("watched") / "data"
    settings, folder, watch = load_settings(None, data=data), Folder(data), Watch()
    folder.make()
    app.prepare(settings, folder)
    admin, costs = read_json(folder.admin_file), {}

    def drive(host: str) -> None:
        ecr: Any = boto3.Session().client(
            "ecr",
            endpoint_url=f"http://{host}",
            region_name="us-east-1",
            aws_access_key_id=admin["accessKeyId"],
            aws_secret_access_key=admin["secretAccessKey"],
        )
        token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        client = OciClient(host, password=base64.b64decode(token).decode().removeprefix("AWS:"))
        image, blob = push_and_pull(client, ecr)
        for method in ("GET", "HEAD"):
            for reference in ("latest", image):
                with watch.cost() as costs[f"{method} {reference[:6]}"]:
                    assert client.get_manifest("one", reference, method).status == 200
        with watch.cost() as costs["HEAD blob"]:
            assert client.get_blob("one", blob, "HEAD").status == 200
        client.close()
        ecr.close()

    with pytest.MonkeyPatch.context() as patch:
        install(watch, patch)
        run(folder, settings, watch, drive)
    return watch, costs


def test_the_event_loop_never_waits_for_a_disk(served: tuple[Watch, dict[str, dict[str, int]]]) -> None:
    watch, _ = served
    assert not watch.on_loop, f"{len(watch.on_loop)} calls on the event loop's thread, the first:\n{watch.on_loop[0]}"


def test_the_watch_sees_what_it_is_to_see(served: tuple[Watch, dict[str, dict[str, int]]]) -> None:
    """Pushes and pulls do open, rename and fsync files and run SQL: in other threads."""
    watch, _ = served
    for what in ("open", "rename", "fsync", "sql", "unlink"):
        assert watch.elsewhere[what] > 0, what
    assert watch.hops > 20


@pytest.mark.parametrize("request_", ["GET latest", "HEAD latest", "GET sha256", "HEAD sha256", "HEAD blob"])
def test_a_read_is_one_hop_and_at_most_two_statements(
    served: tuple[Watch, dict[str, dict[str, int]]], request_: str
) -> None:
    cost = served[1][request_]
    assert cost["hops"] == 1
    assert 1 <= cost["statements"] <= 2


def test_every_route_names_its_action() -> None:
    known = {action for operation in load("ecr").operations.values() for action in operation.iam_actions}
    for (method, kind), route in ROUTES.items():
        assert route.action in known, (method, kind)
        assert isinstance(route, (UnitRoute, BodyRoute))
        if isinstance(route, UnitRoute):
            assert (route.changed is not None) == (method not in {"GET", "HEAD"})


def test_every_operation_names_its_action_and_its_resource() -> None:
    service = load("ecr")
    for name, handling in OPERATIONS.items():
        operation = service.operations[name]
        assert operation.iam_actions[0].startswith("ecr:")
        fields = {member.name for member in service.structure(operation.input).fields}
        about_repositories = {"repositoryName", "repositoryNames", "resourceArn"} & fields
        assert {handling.resource} - {None} == about_repositories, name


def test_only_operations_that_write_may_write() -> None:
    changing = ("Batch", "Create", "Delete", "Deregister", "Put", "Register", "Set", "Start", "Tag", "Untag", "Update")
    for name, handling in OPERATIONS.items():
        writes = name.startswith(changing) and name not in {"BatchGetImage", "BatchCheckLayerAvailability"}
        assert handling.writes == writes, name
        assert len(inspect.signature(handling.work).parameters) == 2
