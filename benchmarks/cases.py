"""What is measured. Each case gets a fresh server, prepares what it needs, and returns its numbers by unit."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.client import MANIFEST_TYPE, Client, head_of, push_image, small_image
from benchmarks.layers import Layer, LayerSource
from benchmarks.load import Crew, ask_repeatedly, percentile, together
from benchmarks.peers import REPOSITORY, Server, ServerFailed
from benchmarks.processes import Window, measured, peak_memory

MEBIBYTE = 1024 * 1024
_CONNECTIONS = 32
_TAGS = 1000

CPU_PER_GB, MB_PER_SECOND = "CPU s/GB", "MB/s"
CPU_PER_OP, OPS_PER_SECOND, P99 = "CPU µs/op", "op/s", "p99 ms"
CPU_PER_IMAGE, IMAGES_PER_SECOND = "CPU ms/image", "image/s"
LONGEST, MEMORY, START = "max ms", "RSS MB", "start s"

Numbers = dict[str, float]


@dataclass(frozen=True)
class Setting:
    """What all cases of a run share."""

    seconds: float
    """How long one case puts load on one server."""
    scratch: Path
    """For files that the clients send; in memory."""
    layers: LayerSource
    """Layers of 64 MiB."""
    large_layer: int
    """Bytes of the layer of the memory case."""


@dataclass(frozen=True)
class Target:
    """What a number must reach: a ratio to the rival's number, or (with `absolute`) the number alone."""

    limit: float
    at_least: bool = False
    absolute: bool = False

    def is_met(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}{'' if self.absolute else 'x'}"


@dataclass(frozen=True)
class Case:
    name: str
    run: Callable[[Setting, Server], Numbers]
    targets: Mapping[str, Target] = field(default_factory=dict[str, Target])
    on_disk: bool = False
    """Whether the servers' data is on a disk, where fsync costs something, and not in memory."""
    encrypted: bool = False
    """Whether Wharfside encrypts what is pushed, as it does by default and its peer never."""
    workers: int = 1
    """Workers of Wharfside. With more than one the rival is Wharfside with one worker, not the peer."""


def _bulk(window: Window, size: int) -> Numbers:
    return {CPU_PER_GB: window.cpu / size * 1e9, MB_PER_SECOND: size / window.wall / 1e6}


def _small(window: Window, latencies: list[float]) -> Numbers:
    count = len(latencies)
    return {
        CPU_PER_OP: window.cpu / count * 1e6,
        OPS_PER_SECOND: count / window.wall,
        P99: percentile(latencies, 99) * 1e3,
    }


def _pushing(
    setting: Setting, server: Server, push: Callable[[Client, Layer], None]
) -> Callable[[Callable[[], None]], int]:
    """Work that pushes fresh layers, each over its own connection, and returns how many bytes it pushed."""

    def work(start: Callable[[], None]) -> int:
        start()
        end = time.monotonic() + setting.seconds
        size = 0
        while time.monotonic() < end:
            layer = setting.layers.fresh()
            with Client(server) as client:
                push(client, layer)
            size += layer.size
        return size

    return work


def _push(clients: int, push: Callable[[Client, Layer], None]) -> Callable[[Setting, Server], Numbers]:
    def run(setting: Setting, server: Server) -> Numbers:
        layer = setting.layers.fresh()
        with Client(server) as client:
            push(client, layer)
            client.verify(layer)
        with Crew(clients, _pushing(setting, server, push)) as crew, measured(server.pid) as window:
            crew.start()
            size = sum(crew.results())
        return _bulk(window, size)

    return run


def _pull(clients: int, piece: int | None = None) -> Callable[[Setting, Server], Numbers]:
    """Pulls of a whole layer, or of ranges of `piece` bytes of it."""

    def run(setting: Setting, server: Server) -> Numbers:
        layer = setting.layers.fresh()
        with Client(server) as client:
            client.push_stream(layer)
            client.verify(layer)

        def work(start: Callable[[], None]) -> int:
            with Client(server) as client:
                client.pull(layer.digest, 0, 0)
                start()
                end = time.monotonic() + setting.seconds
                size = 0
                while time.monotonic() < end:
                    if piece is None:
                        size += client.pull(layer.digest)
                    else:
                        first = random.randrange(layer.size - piece)
                        size += client.pull(layer.digest, first, first + piece - 1)
                return size

        with Crew(clients, work) as crew, measured(server.pid) as window:
            crew.start()
            size = sum(crew.results())
        return _bulk(window, size)

    return run


def _ask(method: str, target: str) -> Callable[[Setting, Server], Numbers]:
    """One small request over and over; `{manifest}` and `{blob}` in the target stand for digests of a pushed image."""

    def run(setting: Setting, server: Server) -> Numbers:
        with Client(server) as client:
            image = small_image()
            manifest = push_image(client, image, "latest")
            blob = client.push_blob(image.blobs[1])
        path = f"/v2/{REPOSITORY}/{target.format(manifest=manifest, blob=blob)}"
        request = head_of(server, method, path, {"Accept": MANIFEST_TYPE})
        ask_repeatedly(server, request, _CONNECTIONS, setting.seconds / 4)
        with measured(server.pid) as window:
            latencies = ask_repeatedly(server, request, _CONNECTIONS, setting.seconds)
        return _small(window, latencies)

    return run


def _small_images(clients: int) -> Callable[[Setting, Server], Numbers]:
    def run(setting: Setting, server: Server) -> Numbers:
        def work(start: Callable[[], None]) -> list[float]:
            with Client(server) as client:
                push_image(client, small_image(), f"warm-{os.getpid()}")
                start()
                end = time.monotonic() + setting.seconds
                latencies: list[float] = []
                while (begin := time.monotonic()) < end:
                    push_image(client, small_image(), f"tag-{os.getpid()}-{len(latencies)}")
                    latencies.append(time.monotonic() - begin)
                return latencies

        with Crew(clients, work) as crew, measured(server.pid) as window:
            crew.start()
            latencies = [seconds for each in crew.results() for seconds in each]
        return {
            CPU_PER_IMAGE: window.cpu / len(latencies) * 1e3,
            IMAGES_PER_SECOND: len(latencies) / window.wall,
            P99: percentile(latencies, 99) * 1e3,
        }

    return run


def _tag_list(setting: Setting, server: Server) -> Numbers:
    with Client(server) as client:
        image = small_image()
        push_image(client, image, "tag-0000")
        for number in range(1, _TAGS):
            client.push_manifest(f"tag-{number:04}", image.manifest)
        listed = client.request("GET", f"/v2/{REPOSITORY}/tags/list", 200).body
    if listed.count(b'"tag-') != _TAGS:
        raise ServerFailed(f"{server.name} lists {listed.count(b'tag-')} tags, not {_TAGS}")
    request = head_of(server, "GET", f"/v2/{REPOSITORY}/tags/list")
    with measured(server.pid) as window:
        latencies = ask_repeatedly(server, request, 1, setting.seconds)
    return _small(window, latencies)


def _ping_during_pull(setting: Setting, server: Server) -> Numbers:
    """The longest wait for /v2/ while another client pulls 768 MiB, first from the disk, then from the page cache."""
    source = LayerSource(setting.scratch / "pulled", 768 * MEBIBYTE, sparse=True)
    layer = source.fresh()
    with Client(server) as client:
        client.push_stream(layer)
    for file in server.data.rglob("*"):
        if file.is_file() and file.stat().st_size == layer.size:
            with file.open("rb") as content:
                os.posix_fadvise(content.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def work(start: Callable[[], None]) -> int:
        with Client(server) as client:
            start()
            end = time.monotonic() + 2 * setting.seconds
            size = 0
            while time.monotonic() < end:
                size += client.pull(layer.digest)
            return size

    with Crew(1, work) as crew, measured(server.pid) as window:
        crew.start()
        latencies = ask_repeatedly(server, head_of(server, "GET", "/v2/"), 1, 2 * setting.seconds)
        size = sum(crew.results())
    return {
        LONGEST: max(latencies) * 1e3,
        P99: percentile(latencies, 99) * 1e3,
        MB_PER_SECOND: size / window.wall / 1e6,
    }


def _manifest_during_push(setting: Setting, server: Server) -> Numbers:
    with Client(server) as client:
        push_image(client, small_image(), "latest")
    request = head_of(server, "GET", f"/v2/{REPOSITORY}/manifests/latest", {"Accept": MANIFEST_TYPE})
    with Crew(4, _pushing(setting, server, Client.push_stream)) as crew, measured(server.pid) as window:
        crew.start()
        latencies = ask_repeatedly(server, request, _CONNECTIONS, setting.seconds)
        size = sum(crew.results())
    return {
        P99: percentile(latencies, 99) * 1e3,
        OPS_PER_SECOND: len(latencies) / setting.seconds,
        MB_PER_SECOND: size / window.wall / 1e6,
    }


def _memory(setting: Setting, server: Server) -> Numbers:
    """The peak of the server's memory while one large layer is pushed and pulled."""
    layer = LayerSource(setting.scratch / "large", setting.large_layer, sparse=True).fresh()

    def work(start: Callable[[], None]) -> int:
        with Client(server) as client:
            start()
            client.push_stream(layer)
            return client.pull(layer.digest)

    (pulled,) = together(1, work)
    if pulled != layer.size:
        raise ServerFailed(f"{server.name} gave {pulled} of {layer.size} bytes back")
    return {MEMORY: peak_memory(server.pid)}


def _start(setting: Setting, server: Server) -> Numbers:
    """How long the server, on an empty data folder, took from its start to the first answer."""
    return {START: server.start_seconds}


_STREAM = {CPU_PER_GB: Target(0.7)}
_PULL = {CPU_PER_GB: Target(0.5)}
_RANGE = {CPU_PER_GB: Target(0.3)}
_REQUEST = {CPU_PER_OP: Target(0.3)}
_IMAGE = {CPU_PER_IMAGE: Target(0.5)}

CASES = (
    Case("start", _start, {START: Target(1.5, absolute=True)}),
    Case("push-stream-64m-c1", _push(1, Client.push_stream), _STREAM),
    Case("push-stream-64m-c4", _push(4, Client.push_stream), _STREAM),
    Case("push-whole-64m-c1", _push(1, Client.push_whole)),
    Case("push-whole-64m-c4", _push(4, Client.push_whole)),
    Case("pull-64m-c1", _pull(1), _PULL),
    Case("pull-64m-c4", _pull(4), _PULL),
    Case("range-1m-c1", _pull(1, MEBIBYTE), _RANGE),
    Case("range-1m-c4", _pull(4, MEBIBYTE), _RANGE),
    Case("manifest-get-tag-c32", _ask("GET", "manifests/latest"), _REQUEST),
    Case("manifest-get-digest-c32", _ask("GET", "manifests/{manifest}"), _REQUEST),
    Case("manifest-head-c32", _ask("HEAD", "manifests/latest"), _REQUEST),
    Case("blob-head-c32", _ask("HEAD", "blobs/{blob}")),
    Case("tag-list-1000", _tag_list),
    Case("small-image-c1", _small_images(1), _IMAGE),
    Case("small-image-c8", _small_images(8), _IMAGE),
    Case("small-image-disk-c1", _small_images(1), {IMAGES_PER_SECOND: Target(2, at_least=True)}, on_disk=True),
    Case("small-image-disk-c8", _small_images(8), {IMAGES_PER_SECOND: Target(3, at_least=True)}, on_disk=True),
    Case("push-encrypted-c1", _push(1, Client.push_stream), {CPU_PER_GB: Target(2.2, absolute=True)}, encrypted=True),
    Case("pull-encrypted-c1", _pull(1), {CPU_PER_GB: Target(1.0, absolute=True)}, encrypted=True),
    Case("range-1m-encrypted-c1", _pull(1, MEBIBYTE), encrypted=True),
    Case("small-image-encrypted-c1", _small_images(1), encrypted=True),
    Case("ping-during-pull", _ping_during_pull, {LONGEST: Target(50, absolute=True)}, on_disk=True),
    Case("manifest-during-push", _manifest_during_push, {P99: Target(40, absolute=True)}),
    Case("memory", _memory, {MEMORY: Target(150, absolute=True)}, on_disk=True),
    Case("two-workers-push", _push(4, Client.push_stream), {MB_PER_SECOND: Target(1.5, at_least=True)}, workers=2),
    Case(
        "two-workers-manifest", _ask("GET", "manifests/latest"), {OPS_PER_SECOND: Target(1.5, at_least=True)}, workers=2
    ),
)
