"""Connections of both kinds of clients: kept, renewed, bounded in time, trusted, and through proxies."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from scripted_transport import configuration

from tls_certificate import certificate as make_certificate
from wharfside_sdk.ecr.aio import AsyncECRClient
from wharfside_sdk.ecr.client import ECRClient
from wharfside_sdk.errors import ConfigurationError, ConnectionFailed, Timeout

Handler = Callable[[BaseHTTPRequestHandler], None]
BODY = b'{"registryId": "123456789012"}'


class Server:
    """A server in threads; `handle` answers, and all connections and requests are counted."""

    def __init__(self, handle: Handler, tls: ssl.SSLContext | None = None) -> None:
        server = self
        self.connections = 0
        self.requests: list[tuple[str, dict[str, str]]] = []

        class Connection(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                server.connections += 1
                super().setup()

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                server.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
                handle(self)

            def do_CONNECT(self) -> None:
                server.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
                handle(self)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Connection)
        self._http.daemon_threads = True
        self.port = self._http.server_address[1]
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()


def answer_well(connection: BaseHTTPRequestHandler) -> None:
    connection.send_response(200)
    connection.send_header("Content-Length", str(len(BODY)))
    connection.end_headers()
    connection.wfile.write(BODY)


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(handle: Handler = answer_well, tls: ssl.SSLContext | None = None) -> Server:
        servers.append(Server(handle, tls))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def call_sync(times: int = 1, **settings: Any) -> None:
    with ECRClient(configuration=configuration(**settings)) as ecr:
        for _ in range(times):
            assert ecr.describe_registry()["registryId"] == "123456789012"


def call_async(times: int = 1, **settings: Any) -> None:
    async def run() -> None:
        async with AsyncECRClient(configuration=configuration(**settings)) as ecr:
            for _ in range(times):
                assert (await ecr.describe_registry())["registryId"] == "123456789012"

    asyncio.run(run())


Call = Callable[..., None]
both = pytest.mark.parametrize("call", [call_sync, call_async])


@both
def test_one_connection_serves_many_calls(call: Call, serve: Callable[..., Server]) -> None:
    server = serve()
    call(5, endpoint_url=server.url)
    assert (server.connections, len(server.requests)) == (1, 5)


@both
def test_a_connection_that_the_server_closed_is_renewed(call: Call, serve: Callable[..., Server]) -> None:
    def answer_and_close(connection: BaseHTTPRequestHandler) -> None:
        answer_well(connection)
        # Not announced, as when a server's idle time is over.
        connection.close_connection = True

    server = serve(answer_and_close)
    call(5, endpoint_url=server.url, max_attempts=2)
    assert len(server.requests) == 5


def test_an_announced_end_is_heeded(serve: Callable[..., Server]) -> None:
    def answer_last(connection: BaseHTTPRequestHandler) -> None:
        connection.send_response(200)
        connection.send_header("Connection", "close")
        connection.end_headers()
        connection.wfile.write(BODY)
        connection.close_connection = True

    server = serve(answer_last)
    call_sync(3, endpoint_url=server.url, max_attempts=1)
    assert server.connections == 3


def test_threads_share_a_client(serve: Callable[..., Server]) -> None:
    server = serve()
    with ECRClient(configuration=configuration(endpoint_url=server.url)) as ecr, ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda _: ecr.describe_registry()["registryId"], range(200)))
    assert results == ["123456789012"] * 200
    assert server.connections <= 8


def test_closing_closes_connections_and_a_client_can_go_on(serve: Callable[..., Server]) -> None:
    server = serve()
    ecr = ECRClient(configuration=configuration(endpoint_url=server.url))
    for _ in range(2):
        ecr.describe_registry()
        ecr.close()
    assert server.connections == 2


def test_headers_of_answers_are_in_the_metadata(serve: Callable[..., Server]) -> None:
    server = serve()
    with ECRClient(configuration=configuration(endpoint_url=server.url)) as ecr:
        headers = ecr.describe_registry()["ResponseMetadata"]["HTTPHeaders"]
    assert headers["content-length"] == str(len(BODY))


@both
def test_a_server_that_does_not_answer_is_a_timeout(call: Call, serve: Callable[..., Server]) -> None:
    done = threading.Event()
    server = serve(lambda _: done.wait(10) and None)
    with pytest.raises(Timeout, match=f'imeout on endpoint URL: "{server.url}/"'):
        call(endpoint_url=server.url, read_timeout=0.05, max_attempts=1)
    done.set()


@both
def test_a_server_that_does_not_accept_is_a_timeout(call: Call) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        # The queue of the listener is full then, and further connections are left waiting.
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        with pytest.raises(Timeout):
            call(endpoint_url=f"http://127.0.0.1:{address[1]}", connect_timeout=0.1, max_attempts=1)
        for one in waiting:
            one.close()


@both
def test_a_connection_that_is_refused_says_where(call: Call) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(ConnectionFailed, match=rf"http://127\.0\.0\.1:{port}.*See whether the server runs") as caught:
        call(endpoint_url=f"http://127.0.0.1:{port}", max_attempts=1)
    assert not isinstance(caught.value, Timeout)


@both
@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", b"SSH-2.0-hello\r\n\r\n"])
def test_an_answer_that_breaks_off_is_a_failed_connection(
    call: Call, answer: bytes, serve: Callable[..., Server]
) -> None:
    def break_off(connection: BaseHTTPRequestHandler) -> None:
        connection.wfile.write(answer)
        connection.close_connection = True

    server = serve(break_off)
    with pytest.raises(ConnectionFailed):
        call(endpoint_url=server.url, max_attempts=1)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls_url(certificate: tuple[Path, Path], serve: Callable[..., Server]) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return serve(tls=context).url.replace("http:", "https:")


@both
def test_a_named_authority_is_trusted(call: Call, certificate: tuple[Path, Path], tls_url: str) -> None:
    call(2, endpoint_url=tls_url, verify=str(certificate[0]))


@both
def test_any_certificate_is_trusted_when_asked_for(call: Call, tls_url: str) -> None:
    call(endpoint_url=tls_url, verify=False)


@both
def test_an_unknown_certificate_is_refused_with_advice(call: Call, tls_url: str) -> None:
    with pytest.raises(ConnectionFailed, match=r"SSL validation failed .*verify= or AWS_CA_BUNDLE") as caught:
        call(endpoint_url=tls_url)
    assert not caught.value.transient


@both
@pytest.mark.parametrize(
    ("days", "address", "advice"),
    [
        ((-2, -1), "127.0.0.1", r"certificate has expired\. Have it renewed"),
        ((1, 2), "127.0.0.1", r"certificate is not yet valid\. Its time has not begun: see whether the clock"),
        ((-1, 1), "127.0.0.2", r"certificate is not valid for '127\.0\.0\.1'\. Use a host name or an address"),
    ],
)
def test_the_advice_is_for_what_is_wrong_with_the_certificate(
    call: Call, days: tuple[int, int], address: str, advice: str, serve: Callable[..., Server], tmp_path: Path
) -> None:
    made = make_certificate(tmp_path, address, days=days)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*made)
    url = serve(tls=context).url.replace("http:", "https:")
    with pytest.raises(ConnectionFailed, match=advice) as caught:
        call(endpoint_url=url, verify=str(made[0]))
    assert not caught.value.transient


@both
def test_tls_where_there_is_none_is_said(call: Call, serve: Callable[..., Server]) -> None:
    url = serve().url.replace("http:", "https:")
    with pytest.raises(ConnectionFailed, match="does not speak TLS: its URL may begin with http://") as caught:
        call(endpoint_url=url)
    assert not caught.value.transient


@both
def test_a_host_that_nobody_knows_is_said(call: Call) -> None:
    with pytest.raises(ConnectionFailed, match=r"See whether the name in endpoint_url"):
        call(endpoint_url="http://registry.invalid", max_attempts=1)


@both
def test_an_authority_that_cannot_be_read_is_a_configuration_error(call: Call, tls_url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"missing\.pem"):
        call(endpoint_url=tls_url, verify=str(tmp_path / "missing.pem"))


@both
def test_requests_go_through_the_environment_s_proxy(
    call: Call, serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve()
    monkeypatch.setenv("HTTP_PROXY", f"http://us%40er:pass@127.0.0.1:{proxy.port}")
    call(endpoint_url="http://ecr.invalid:5000")
    ((target, headers),) = proxy.requests
    assert (target, headers["host"]) == ("http://ecr.invalid:5000/", "ecr.invalid:5000")
    assert base64.b64decode(headers["proxy-authorization"].removeprefix("Basic ")) == b"us@er:pass"


@both
def test_no_proxy_is_obeyed(call: Call, serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve()
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")
    call(endpoint_url=server.url)
    assert len(server.requests) == 1


@both
def test_tls_is_tunnelled_through_a_proxy(
    call: Call,
    certificate: tuple[Path, Path],
    tls_url: str,
    serve: Callable[..., Server],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxy = serve(_tunnel)
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:pass@127.0.0.1:{proxy.port}")
    call(endpoint_url=tls_url, verify=str(certificate[0]))
    ((target, headers),) = proxy.requests
    assert target == tls_url.removeprefix("https://")
    assert headers["proxy-authorization"] == "Basic dXNlcjpwYXNz"
    assert "authorization" not in headers


def _tunnel(connection: BaseHTTPRequestHandler) -> None:
    host, _, port = connection.path.partition(":")
    with socket.create_connection((host, int(port))) as far:
        connection.send_response(200)
        connection.end_headers()
        back = threading.Thread(target=_copy, args=(far, connection.connection))
        back.start()
        _copy(connection.connection, far)
        back.join(10)
    connection.close_connection = True


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@both
@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1080", "https://127.0.0.1:3128", "http://:80", "http://a:b:c"])
def test_a_proxy_that_cannot_be_used_is_a_configuration_error(
    call: Call, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)
    with pytest.raises(ConfigurationError, match="HTTP_PROXY must be http://host:port"):
        call(endpoint_url="http://ecr.invalid:5000")
