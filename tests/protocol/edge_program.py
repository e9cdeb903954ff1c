"""A small program on the HTTP edge, for test_http_edge.py to start, signal and kill.

Prints its port when it is ready, then one line of JSON per served request.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import itertools
import json
import os
import resource
import sys
from ipaddress import ip_network
from pathlib import Path

from wharfside.api.certificates import Certificate
from wharfside.api.descriptors import most_connections
from wharfside.api.forwarding import ProxyHeaders, TrustedProxies
from wharfside.api.limits import Limits
from wharfside.api.messages import FileRange, Request, Response
from wharfside.api.serving import listen, serve
from wharfside.api.workers import Worker, run_workers


async def handle(request: Request) -> Response:
    if request.raw_path == "/v2/":
        return Response(200, {"Content-Type": "application/json"}, b"{}")
    if request.raw_path == "/pid":
        return Response(200, {}, str(os.getpid()).encode())
    if request.raw_path == "/hash":
        digest = hashlib.sha256()
        async for piece in request.body.pieces():
            assert 0 < len(piece) <= 256 * 1024
            digest.update(piece)
        return Response(201, {}, digest.hexdigest().encode())
    if request.raw_path == "/read":
        return Response(200, {}, await request.body.read(1000))
    if request.raw_path == "/refuse":
        return Response(401, {"WWW-Authenticate": "Basic"}, b"no")
    if request.raw_path == "/fail":
        raise RuntimeError("secret words")
    if request.raw_path == "/inject":
        return Response(200, {"X-Name": request.query()["value"]}, b"")
    if request.raw_path.startswith("/file/"):
        return file_part(request)
    if request.raw_path == "/slow":
        await asyncio.sleep(0.5)
        return Response(200, {}, b"slow")
    facts = {
        "path": request.raw_path,
        "query": request.raw_query,
        "host": request.host,
        "scheme": request.scheme,
        "client": request.client,
        "repeated": request.headers.get("X-Repeated"),
    }
    return Response(200, {"Content-Type": "application/json"}, json.dumps(facts).encode())


def file_part(request: Request) -> Response:
    path = Path(os.environ["EDGE_FILES"], request.raw_path.removeprefix("/file/"))
    size = path.stat().st_size
    asked = request.query()
    offset, length = int(asked.get("offset", 0)), int(asked.get("length", size))
    if request.method == "HEAD":
        return Response(200, content_length=length)
    return Response(200, {}, FileRange(path.open("rb", buffering=0), offset, length))


@contextlib.asynccontextmanager
async def open_handler():
    yield handle


def refuse_forks(numbers: set[int]) -> None:
    """Have the forks with these numbers fail, as for want of memory; the first is 1."""
    fork, count = os.fork, itertools.count(1)

    def refusing() -> int:
        if next(count) in numbers:
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return fork()

    os.fork = refusing


def main(settings: dict) -> int:
    refuse_forks(set(settings.get("refused_forks", ())))
    if "descriptors" in settings:
        resource.setrlimit(resource.RLIMIT_NOFILE, (settings["descriptors"],) * 2)
    listeners = listen("127.0.0.1", 0)
    port = listeners[0].getsockname()[1]
    certificate = None
    if "key" in settings:
        certificate = Certificate(Path(settings["certificate"]), Path(settings["key"]), every=0.1)
    proxies = TrustedProxies(
        map(ip_network, settings.get("proxies", [])), ProxyHeaders(settings.get("headers", "x-forwarded"))
    )

    def child(worker: Worker) -> None:
        if settings.get("broken"):
            raise RuntimeError("this worker cannot start")
        asyncio.run(
            serve(
                listeners,
                open_handler,
                certificate=certificate,
                proxies=proxies,
                limits=Limits(**({"connections": most_connections()} | settings.get("limits", {}))),
                on_done=lambda served: print(json.dumps(served._asdict()), flush=True),
                on_ready=worker.ready,
                share=worker.share,
            )
        )

    return run_workers(settings.get("workers", 1), child, lambda: print(port, flush=True))


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
