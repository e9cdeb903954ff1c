"""`wharfside serve`: run the registry."""

from __future__ import annotations

import sys
from pathlib import Path


def serve(
    *,
    host: str | None = None,
    port: int | None = None,
    data: Path | None = None,
    account: str | None = None,
    region: str | None = None,
    workers: int | None = None,
    tls_cert: Path | None = None,
    tls_key: Path | None = None,
    registry_host: str | None = None,
    database_url: str | None = None,
    allow_sparse_manifests: bool | None = None,
    access_log: bool | None = None,
    config: Path | None = None,
) -> None:
    """Run the registry until it is stopped by Ctrl-C or SIGTERM.

    Every option can also be set in the environment (WHARFSIDE_PORT, WHARFSIDE_DATA, …) or in a settings file.

    Examples:

    wharfside serve

    wharfside serve --host 0.0.0.0 --port 443 --tls-cert registry.pem --tls-key registry.key

    wharfside serve --data /srv/registry --workers 4 --registry-host "{account}.dkr.ecr.{region}.example.com"

    Parameters
    ----------
    host
        Address to listen on (default 127.0.0.1).
    port
        Port to listen on (default 5000); 0 takes a free one.
    data
        Folder that holds everything the registry keeps (default ./data).
    account
        Account that is made at first start: 12 digits (default 000000000000).
    region
        Region that `wharfside env` and `wharfside login` use (default us-east-1).
    workers
        Processes that serve requests (default 1).
    tls_cert
        Certificate chain (PEM). With --tls-key, the registry speaks https.
    tls_key
        Private key of the certificate (PEM).
    registry_host
        Host name of registries, such as {account}.dkr.ecr.{region}.example.com.
    database_url
        PostgreSQL to keep the metadata in (postgresql+psycopg://…); SQLite in the data folder by default.
    allow_sparse_manifests
        Accept manifests whose layers or child manifests are not in the repository.
    access_log
        Log every request on standard error.
    config
        Settings file (TOML) with the same names.
    """
    from pydantic import ValidationError

    from wharfside.config import load_settings

    given = {name: value for name, value in locals().items() if name not in ("config", "ValidationError")}
    given.pop("load_settings", None)
    try:
        settings = load_settings(config, **given)
    except ValidationError as error:
        for problem in error.errors():
            name = "-".join(str(part) for part in problem["loc"]).replace("_", "-")
            print(f"wharfside serve: --{name}: {problem['msg']}", file=sys.stderr)
        print("See `wharfside serve --help`.", file=sys.stderr)
        sys.exit(2)
    except FileNotFoundError as error:
        sys.exit(f"wharfside serve: {error}")
    if (settings.tls_cert is None) != (settings.tls_key is None):
        sys.exit("wharfside serve: --tls-cert and --tls-key go together.")
    sys.exit(_run(settings))


def _run(settings: object) -> int:
    from wharfside.app import AnotherAccount, run
    from wharfside.config import Settings
    from wharfside.folder import FolderInUse
    from wharfside.store.schema import SchemaTooNew
    from wharfside.store.sealing import KeyFileRefused

    assert isinstance(settings, Settings)

    def ready(url: str) -> None:
        print(f"Wharfside is ready at {url} (data in {settings.data.absolute()})", flush=True)

    try:
        return run(settings, ready)
    except (FolderInUse, SchemaTooNew, KeyFileRefused, AnotherAccount) as error:
        sys.exit(f"wharfside serve: {error}")
    except OSError as error:
        sys.exit(f"wharfside serve: {error}. Is another program using {settings.host}:{settings.port}?")
