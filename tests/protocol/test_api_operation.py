"""Running a registry: rates, health, metrics, and data folders that must not be used."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from api_client import call
from image_content import Content
from registry_process import RegistryProcess, free_port

Start = Callable[..., RegistryProcess]


def test_rates(fresh_registry: Start) -> None:
    """Two seconds' worth may come at once; then calls wait for the bucket. Other operations are not held up."""
    server = fresh_registry(environment_options={"WHARFSIDE_RATES": '{"ListImages": 1, "BatchGetImage": 1}'})
    server.create_repository("limited")
    answers = [call(server, "ListImages", {"repositoryName": "limited"}) for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 400, 400]
    assert (answers[-1].code, answers[-1].message) == ("ThrottlingException", "Rate exceeded")
    abroad = call(server, "ListImages", {"repositoryName": "limited"}, region="eu-west-1")
    assert abroad.code == "RepositoryNotFoundException"
    assert call(server, "DescribeRegistry").status == 200
    client = server.oci_client()
    replies = [client.get_manifest("limited", "latest") for _ in range(4)]
    assert [reply.status for reply in replies] == [404, 404, 429, 429]
    assert replies[-1].error() == {"code": "TOOMANYREQUESTS", "message": "Rate exceeded"}
    assert int(replies[-1].headers["Retry-After"]) >= 1
    assert client.list_tags("limited").status == 429
    time.sleep(1.1)
    assert client.get_manifest("limited", "latest").status == 404
    client.close()


def test_health_needs_no_credentials(registry: RegistryProcess) -> None:
    client = registry.oci_client(password=None)
    assert client.request("GET", "/healthz").body == b"ok\n"
    assert client.request("HEAD", "/healthz").status == 200
    client.close()


def metrics(server: RegistryProcess, **headers: str) -> tuple[int, str]:
    client = server.oci_client(password=None)
    reply = client.request("GET", "/metrics", headers=headers)
    client.close()
    return reply.status, reply.body.decode()


def value(text: str, name: str) -> float:
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name))


def test_metrics(fresh_registry: Start) -> None:
    server = fresh_registry("--workers", "2")
    name = server.create_repository("secret-project")
    client = server.oci_client()
    content = Content()
    content.image("latest")
    content.push(client, name)
    before = value(metrics(server)[1], 'wharfside_requests_total{method="GET",plane="data"')
    for _ in range(20):
        client.close()  # each on a connection of its own, so that both workers get some
        assert client.get_manifest(name, "latest").status == 200
    client.close()
    status, text = metrics(server)
    assert status == 200
    assert value(text, 'wharfside_requests_total{method="GET",plane="data"') == before + 20
    for word in (name, server.access_key_id, "latest", server.account):
        assert word not in text


def test_metrics_with_a_token(fresh_registry: Start) -> None:
    server = fresh_registry(environment_options={"WHARFSIDE_METRICS_TOKEN": "let-me-see"})
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "let-me-see"}):
        status, text = metrics(server, **headers)
        assert status == 403
        assert "wharfside_requests" not in text
    assert metrics(server, Authorization="Bearer let-me-see")[0] == 200


def serve(data: Path, *options: str) -> tuple[int, str]:
    """Start a server that is expected to refuse; its exit code and what it said."""
    command = [sys.executable, "-m", "wharfside", "serve", "--port", str(free_port()), "--data", str(data), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    return done.returncode, done.stderr


def test_a_folder_that_must_not_be_used(fresh_registry: Start) -> None:
    server = fresh_registry()
    server.create_repository("kept")
    code, said = serve(server.data)
    assert code == 1
    assert "in use by another `wharfside serve`" in said
    assert "--data" in said
    assert call(server, "DescribeRegistry").status == 200
    server.stop()

    code, said = serve(server.data, "--account", "111111111111")
    assert code == 1
    assert "belongs to account 000000000000, not 111111111111" in said

    database = sqlite3.connect(server.data / "registry.db")
    (known,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
    database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.commit()
    code, said = serve(server.data)
    assert code == 1
    assert "newer version of Wharfside (schema 9999" in said
    database.execute("UPDATE alembic_version SET version_num = ?", (known,))
    database.commit()
    database.close()

    server.start()
    assert call(server, "ListImages", {"repositoryName": "kept"}).status == 200


def test_a_key_that_others_can_read_or_that_is_spoilt(fresh_registry: Start) -> None:
    server = fresh_registry()
    server.stop()
    key = server.data / "secret.key"
    assert key.stat().st_mode & 0o077 == 0
    assert (server.data / "admin.json").stat().st_mode & 0o077 == 0
    key.chmod(0o644)
    code, said = serve(server.data)
    assert (code, "chmod 600" in said) == (1, True)
    key.chmod(0o600)
    content = key.read_bytes()
    key.write_bytes(content[:-1])
    code, said = serve(server.data)
    assert (code, "is not a key of 32 bytes" in said) == (1, True)
    key.write_bytes(content)
    server.start()


@pytest.mark.parametrize("address", ["mysql://user:c2VjcmV0@host/d", "postgresql+psycopg://user:1@c2VjcmV0:5@h/d"])
def test_an_address_of_no_database_is_refused_and_its_password_not_shown(tmp_path: Path, address: str) -> None:
    code, said = serve(tmp_path / "data", "--database-url", address)
    assert code == 2
    assert "--database-url is not valid: It looks like postgresql+psycopg://user@host/database." in said
    assert "c2VjcmV0" not in said


def test_a_new_database_beside_the_layers_of_another_is_refused(fresh_registry: Start) -> None:
    server = fresh_registry()
    name = server.create_repository("kept")
    client = server.oci_client()
    digest = client.push_blob(name, b"of the database that was there before")
    client.close()
    server.stop()
    database, away = server.data / "registry.db", server.data / "registry.before"
    database.rename(away)
    code, said = serve(server.data)
    assert code == 1
    assert f"the layers in {server.data} belong to another one" in said
    assert "--database-url" in said
    assert serve(server.data)[0] == 1, "it is refused once only"
    for file in server.data.glob("registry.db*"):
        file.unlink()
    away.rename(database)
    server.start()
    client = server.oci_client()
    assert client.get_blob(name, digest).status == 200
    client.close()
