"""A real `wharfside serve` for tests: started on a free loopback port, watched, and stopped cleanly."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from boto3.session import Session
from botocore.config import Config

from oci_client import OciClient
from promised_members import check_every_answer

READY_SECONDS = 30
STOP_SECONDS = 30


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def tool(name: str) -> str:
    """The path of a program that the system's package manager installs.

    Absent, the test is skipped, or fails where WHARFSIDE_REQUIRE_TOOLS=1 says that nothing may be missing.
    """
    path = shutil.which(name)
    if path is not None:
        return path
    reason = f"{name} is not installed"
    if os.environ.get("WHARFSIDE_REQUIRE_TOOLS") == "1":
        pytest.fail(f"{reason}, and WHARFSIDE_REQUIRE_TOOLS=1")
    pytest.skip(reason)


@dataclass
class RegistryProcess:
    """A running registry and the ways to reach it."""

    data: Path
    port: int
    options: tuple[str, ...] = ()
    environment_options: dict[str, str] = field(default_factory=dict)
    address: str = "127.0.0.1"
    scheme: str = "http"
    authority: Path | None = None
    """The certificate that clients are to trust, for TLS."""
    account: str = "000000000000"
    region: str = "us-east-1"
    process: subprocess.Popen[bytes] | None = None
    _ecr: Any = None

    @property
    def host(self) -> str:
        return f"{self.address}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}"

    @property
    def log_file(self) -> Path:
        return self.data.with_name(self.data.name + ".log")

    def start(self) -> None:
        """Start the server and wait until it answers. Its folder and its port stay the same from start to start."""
        command = [sys.executable, "-m", "wharfside", "serve", "--host", self.address, "--port", str(self.port)]
        command += ["--data", str(self.data), *self.options]
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("WHARFSIDE_", "AWS_"))}
        # Compiling every module at every start would double the time of a test run.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env=environment | self.environment_options, start_new_session=True
            )
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the registry ended with {self.process.returncode}:\n{self.log()}")
            client = self.oci_client(password=None)
            try:
                if client.request("GET", "/healthz").status == 200:
                    return
            except OSError:
                time.sleep(0.02)
            finally:
                client.close()
        raise AssertionError(f"the registry was not ready in {READY_SECONDS} s:\n{self.log()}")

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL to the server and its workers."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(STOP_SECONDS)

    def stop(self, faults_expected: bool = False) -> None:
        """Stop it as an administrator would, and see that it went well."""
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"the registry had ended with {self.process.returncode}:\n{self.log()}")
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the registry did not stop in {STOP_SECONDS} s:\n{self.log()}") from None
        assert code == 0, f"exit code {code}:\n{self.log()}"
        faults = [line for line in self.log().splitlines() if re.search(r'"level": "(error|critical)"|Traceback', line)]
        assert faults_expected or not faults, "errors in the log:\n" + "\n".join(faults)

    @property
    def administrator(self) -> dict[str, str]:
        return json.loads((self.data / "admin.json").read_text())

    @property
    def access_key_id(self) -> str:
        return self.administrator["accessKeyId"]

    @property
    def secret_access_key(self) -> str:
        return self.administrator["secretAccessKey"]

    def client(self, service: str = "ecr", **options: Any) -> Any:
        """A boto3 client; keyword options override credentials, region and so on."""
        if service == "ecr" and not options:
            # Making a client costs more than most calls.
            self._ecr = self._ecr or self._make_client(service, {})
            return self._ecr
        return self._make_client(service, options)

    def _make_client(self, service: str, options: dict[str, Any]) -> Any:
        settings = Config(retries={"max_attempts": 1, "mode": "standard"}, connect_timeout=5, read_timeout=60)
        session = Session()
        client = session.client(
            service,
            **{
                "endpoint_url": self.url,
                "region_name": self.region,
                "aws_access_key_id": self.access_key_id,
                "aws_secret_access_key": self.secret_access_key,
                "verify": str(self.authority) if self.authority else True,
                "config": settings,
            }
            | options,
        )
        check_every_answer(client)
        return client

    def password(self) -> str:
        """A fresh password of user AWS for /v2/."""
        (data,) = self.client().get_authorization_token()["authorizationData"]
        user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
        assert user == "AWS"
        return password

    def oci_client(self, password: str | None = "", **options: Any) -> OciClient:
        """A client of /v2/: with a fresh password, with the one given, or (None) without any."""
        if password == "":
            password = self.password()
        if self.authority is not None:
            options.setdefault("tls", ssl.create_default_context(cafile=str(self.authority)))
        return OciClient(self.host, password=password, **options)

    def create_repository(self, name: str, **settings: Any) -> str:
        self.client().create_repository(repositoryName=name, **settings)
        return name

    def environment(self) -> dict[str, str]:
        """What the AWS CLI and the SDKs read."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        return kept | {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ENDPOINT_URL_ECR": self.url,
            "AWS_ENDPOINT_URL_STS": self.url,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_PAGER": "",
            # The AWS CLI is hundreds of modules, which are not to be compiled at every call.
            "PYTHONDONTWRITEBYTECODE": "",
        }
