"""Finding the registry, and what is said when there is none."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from wharfside.cli import credential_helper, env, login
from wharfside.cli.credentials import Access, Login, NoRegistry, find_access, from_environment, from_folder
from wharfside.folder import write_json
from wharfside_sdk.sigv4 import Credentials

KEY = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s", "AWS_ENDPOINT_URL_ECR": "http://there:1"}


@pytest.fixture(autouse=True)
def _nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(("WHARFSIDE_", "AWS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def fill(folder: Path, **endpoint: str | None) -> Path:
    folder.mkdir()
    key = {"account": "123456789012", "region": "us-east-1", "accessKeyId": "AKIB", "secretAccessKey": "t"}
    write_json(folder / "admin.json", key)
    default = {"url": "http://127.0.0.1:5000", "region": "eu-west-1", "certificate": None, "registryHost": None}
    write_json(folder / "endpoint.json", default | endpoint)
    return folder


def access(url: str = "http://127.0.0.1:5000", registry_host: str | None = None) -> Access:
    return Access(url, "us-east-1", Credentials("a", "b"), account="123456789012", registry_host=registry_host)


def test_folder_given_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in KEY.items():
        monkeypatch.setenv(name, value)
    assert find_access(None).url == "http://there:1"
    assert find_access(fill(tmp_path / "d")).url == "http://127.0.0.1:5000"


@pytest.mark.parametrize("missing", KEY)
def test_half_an_environment_counts_for_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str) -> None:
    for name, value in KEY.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(missing)
    monkeypatch.setenv("WHARFSIDE_DATA", str(fill(tmp_path / "elsewhere")))
    assert find_access(None).credentials.access_key_id == "AKIB"


def test_folder_is_data_by_default(tmp_path: Path) -> None:
    fill(tmp_path / "data")
    assert find_access(None).region == "eu-west-1"


def test_environment_gives_session_token_region_and_authority() -> None:
    found = from_environment(KEY | {"AWS_SESSION_TOKEN": "x", "AWS_REGION": "eu-1", "AWS_CA_BUNDLE": "/ca"})
    assert found is not None
    assert (found.credentials.session_token, found.region, found.certificate) == ("x", "eu-1", Path("/ca"))


def test_folder_never_started_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NoRegistry, match=r"No registry was ever started in .*/none\. Start one with `wharfside serve"):
        from_folder(tmp_path / "none")


@pytest.mark.parametrize("content", ["{", "{}", '{"url": 1'])
def test_damaged_folder_is_named(tmp_path: Path, content: str) -> None:
    folder = fill(tmp_path / "d")
    (folder / "endpoint.json").write_text(content)
    with pytest.raises(NoRegistry, match="damaged"):
        from_folder(folder)


def test_script_survives_a_shell_whatever_the_values() -> None:
    value = 'it\'s; $(touch pwned) `x` "y"\n*'
    script = env.shell_script({"AWS_ACCESS_KEY_ID": value}) + '\nprintf %s "$AWS_ACCESS_KEY_ID"'
    script += '; printf "|%s" "${AWS_PROFILE-unset}" "${AWS_SESSION_TOKEN-unset}"'
    around = {"PATH": os.environ["PATH"], "AWS_PROFILE": "p", "AWS_SESSION_TOKEN": "t"}
    shown = subprocess.run(["sh", "-c", script], env=around, capture_output=True, text=True, check=True).stdout
    assert shown == f"{value}|unset|unset"
    assert not Path("pwned").exists()


def test_hint_is_given_only_on_a_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    env.env(data=fill(tmp_path / "d"))
    assert capfd.readouterr().err == ""
    master, terminal = os.openpty()
    command = f"wharfside env --data {shlex.quote(str(tmp_path / 'd'))}"
    done = subprocess.run(["sh", "-c", command], stdout=terminal, stderr=subprocess.PIPE, text=True, check=True)
    os.close(terminal)
    os.close(master)
    assert f'eval "$({command})"' in done.stderr


def granted(scheme: str) -> Login:
    return Login("r:5000", scheme, "AWS", "secret", datetime.now(UTC))


@pytest.mark.parametrize(
    ("program", "scheme", "words"),
    [
        ("/usr/bin/docker", "http", "login --username AWS --password-stdin r:5000"),
        ("/usr/bin/podman", "http", "login --username AWS --password-stdin --tls-verify=false r:5000"),
        ("/usr/bin/skopeo", "https", "login --username AWS --password-stdin r:5000"),
        ("/usr/bin/helm", "http", "registry login --username AWS --password-stdin --plain-http r:5000"),
        ("/usr/bin/oras", "http", "login --username AWS --password-stdin --plain-http r:5000"),
    ],
)
def test_login_command(program: str, scheme: str, words: str) -> None:
    assert login.login_command(program, granted(scheme)) == [program, *words.split()]


def test_first_tool_installed_is_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoRegistry, match="None of docker, podman"):
        login.find_tool(None)
    for name in ("skopeo", "podman"):
        (tmp_path / name).touch(0o755)
    assert login.find_tool(None) == str(tmp_path / "podman")
    assert login.find_tool("skopeo") == str(tmp_path / "skopeo")
    with pytest.raises(NoRegistry, match="docker is not installed"):
        login.find_tool("docker")


@pytest.mark.parametrize(
    ("server", "region"),
    [
        ("127.0.0.1:5000", "us-east-1"),
        ("http://127.0.0.1:5000", "us-east-1"),
        ("https://127.0.0.1:5000/v2/", "us-east-1"),
        ("localhost:5000", "us-east-1"),
        ("[::1]:5000", "us-east-1"),
        ("123456789012.dkr.ecr.eu-west-1.example.com", "eu-west-1"),
        ("https://123456789012.DKR.ecr.us-east-1.example.com/demo", "us-east-1"),
        ("127.0.0.1:5001", None),
        ("127.0.0.1", None),
        ("localhost:x", None),
        ("index.docker.io/v1/", None),
        ("127.0.0.1:5000.evil.example", None),
        ("evil.example/127.0.0.1:5000", None),
        ("evil.example/?://127.0.0.1:5000", None),
        ("evil.example://127.0.0.1:5000", None),
        ("999999999999.dkr.ecr.us-east-1.example.com", None),
        ("123456789012.dkr.ecr.us-east-1.example.com.evil", None),
        ("123456789012.dkr.ecr.us-east-1xexample.com", None),
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com", None),
    ],
)
def test_only_our_own_hosts_get_a_password(server: str, region: str | None) -> None:
    ours = access(registry_host="{account}.dkr.ecr.{region}.example.com")
    assert credential_helper.region_for(ours, server) == region


def test_loopback_names_stand_for_each_other_only_on_loopback() -> None:
    assert credential_helper.region_for(access("http://10.0.0.1:5000"), "localhost:5000") is None


def write_certificate(file: Path, issuer: str) -> None:
    """A certificate of `registry`."""
    key = ec.generate_private_key(ec.SECP256R1())
    by, to = (x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]) for name in (issuer, "registry"))
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(by, to, key.public_key(), 1, now, now + timedelta(days=1)).sign(key, SHA256())
    file.write_bytes(made.public_bytes(Encoding.PEM))


def test_certificate_is_named_only_when_no_known_authority_issued_it(tmp_path: Path) -> None:
    file = tmp_path / "cert.pem"
    folder = fill(tmp_path / "d", certificate=str(file))
    assert "AWS_CA_BUNDLE" not in env.variables_of(from_folder(folder))
    write_certificate(file, issuer="a known authority")
    assert "AWS_CA_BUNDLE" not in env.variables_of(from_folder(folder))
    write_certificate(file, issuer="registry")
    assert env.variables_of(from_folder(folder))["AWS_CA_BUNDLE"] == str(file)


def test_variables_are_json_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    env.env(data=fill(tmp_path / "d"), as_json=True)
    variables = json.loads(capsys.readouterr().out)
    assert variables["AWS_ENDPOINT_URL_STS"] == "http://127.0.0.1:5000"
    assert variables["AWS_REGION"] == variables["AWS_DEFAULT_REGION"] == "eu-west-1"
