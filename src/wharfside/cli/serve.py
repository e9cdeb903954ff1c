"""`wharfside serve`: run the registry."""

from __future__ import annotations

import errno
import os
import ssl
import sys
from pathlib import Path
from socket import gaierror
from typing import TYPE_CHECKING, Annotated, Final, Literal, NoReturn

from cyclopts import Parameter

if TYPE_CHECKING:
    from wharfside.config import Settings


OPEN_WARNING: Final = """\
OPEN MODE: no secret is checked. Every program on this machine may do everything, in every account.
Use it on laptops and in tests only, and never let a proxy or a tunnel lead here."""


def serve(
    *,
    host: str | None = None,
    port: int | None = None,
    data: Path | None = None,
    archive_dir: Path | None = None,
    account: str | None = None,
    region: str | None = None,
    workers: int | None = None,
    tls_cert: Path | None = None,
    tls_key: Path | None = None,
    registry_host: str | None = None,
    database_url: str | None = None,
    allow_sparse_manifests: bool | None = None,
    anonymous_pull: bool | None = None,
    lifecycle_schedule: str | None = None,
    limits: Literal["off", "ecr"] | None = None,
    encryption: Literal["aes256", "off"] | None = None,
    access_log: bool | None = None,
    open: Annotated[bool | None, Parameter(negative="")] = None,
    config: Path | None = None,
) -> None:
    """Run the registry until it is stopped by Ctrl-C or SIGTERM.

    Every option may also stand in the environment (WHARFSIDE_PORT=5000) or in a
    settings file (port = 5000). The command line counts most, the file least.
    Only there: WHARFSIDE_METRICS_TOKEN, WHARFSIDE_RATES, WHARFSIDE_DRAIN_SECONDS,
    WHARFSIDE_PRINCIPAL_RATES, WHARFSIDE_TRUSTED_PROXIES, WHARFSIDE_PROXY_HEADERS,
    WHARFSIDE_AUDIT_READS, WHARFSIDE_AUDIT_FILE, WHARFSIDE_AUDIT_RETENTION_DAYS,
    WHARFSIDE_EVENT_RETENTION_DAYS, WHARFSIDE_WEBHOOK_GIVE_UP_HOURS,
    WHARFSIDE_WEBHOOK_TIMEOUT, WHARFSIDE_MASTER_KEY, WHARFSIDE_MASTER_KEY_FILE,
    WHARFSIDE_MASTER_KEY_COMMAND, WHARFSIDE_ONE_PROCESSOR.

    Examples:

        wharfside serve
        wharfside serve --port 8080 --data /srv/registry --workers 4
        wharfside serve --open
        wharfside serve --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem

    Parameters
    ----------
    host
        Address to listen on (default 127.0.0.1).
    port
        Port to listen on (default 5000); 0 takes a free one.
    data
        Folder that holds everything the registry keeps (default ./data).
    archive_dir
        Folder for the layers of archived images, such as a slower disk (default: `archive` in the data folder).
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
    anonymous_pull
        Let everybody pull, without credentials, what a repository policy allows to "*".
    lifecycle_schedule
        When lifecycle policies are carried out, as a cron expression in UTC (default "0 * * * *": every hour).
    limits
        ecr: limit how often each account may call an operation as Amazon does (default off).
    encryption
        off: store what is pushed to new repositories as it comes (default aes256: encrypted).
    access_log
        Log every request on standard error.
    open
        Open mode, for laptops and tests: no secret is checked, and everybody is an administrator. Loopback only.
    config
        Settings file (TOML) with the same names (default $WHARFSIDE_CONFIG, where that is set).
    """
    given = dict(locals())  # Only the parameters are there yet.
    del given["config"]
    sys.exit(_run(_settings(config, given)))


def _fail(message: str, code: int = 1) -> NoReturn:
    print(f"wharfside serve: {message}", file=sys.stderr)
    sys.exit(code)


def _settings(file: Path | None, given: dict[str, object]) -> Settings:
    """The settings, or the end: exit code 2 says that they are not valid."""
    from wharfside.cli.settings import InvalidSettings, misspelt_variables, read_settings

    for warning in misspelt_variables():
        print(f"wharfside serve: warning: {warning}", file=sys.stderr)
    try:
        settings = read_settings(file, **given)
    except InvalidSettings as error:
        _fail(f"{error}\nSee `wharfside serve --help`.", 2)
    if (settings.tls_cert is None) != (settings.tls_key is None):
        _fail("--tls-cert and --tls-key go together: give both, or none to speak http.", 2)
    for option, path in (("--tls-cert", settings.tls_cert), ("--tls-key", settings.tls_key)):
        if path is not None and not path.is_file():
            _fail(f"There is no file {path} for {option}.", 2)
    if settings.audit_file not in (None, "-") and not _can_be_appended_to(Path(settings.audit_file)):
        _fail(f"WHARFSIDE_AUDIT_FILE (or audit_file in the settings file) cannot be written: {settings.audit_file}.", 2)
    return settings


def _can_be_appended_to(file: Path) -> bool:
    if file.exists():
        return os.access(file, os.W_OK) and not file.is_dir()
    return os.access(file.parent, os.W_OK)


def _run(settings: Settings) -> int:
    from sqlalchemy.exc import DatabaseError

    from wharfside.app import AnotherAccount, AnotherDatabase, run
    from wharfside.folder import FolderInUse
    from wharfside.store.db import DatabaseAddressRefused
    from wharfside.store.master_key import MasterKeyRefused
    from wharfside.store.schema import SchemaTooNew
    from wharfside.store.sealing import KeyFileRefused

    def ready(url: str) -> None:
        print(f"Wharfside is ready at {url} (data in {settings.data.absolute()})", flush=True)
        if settings.open:
            print(_red(OPEN_WARNING), file=sys.stderr, flush=True)

    try:
        return run(settings, ready)
    except (FolderInUse, SchemaTooNew, KeyFileRefused, MasterKeyRefused, AnotherAccount, AnotherDatabase) as error:
        _fail(str(error))
    except DatabaseAddressRefused as error:
        _fail(f"--database-url is not valid: {error}", 2)
    except DatabaseError as error:
        _fail(_explain_database(str(error.orig).strip(), settings))
    except OSError as error:
        _fail(_explain(error, settings))


def _red(text: str) -> str:
    """The text in red, on a terminal whose user has nothing against colours."""
    if not sys.stderr.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\033[1;31m{text}\033[0m"


def _explain_database(reason: str, settings: Settings) -> str:
    """Why the database cannot be used, and what to do next."""
    if settings.database_url is None:
        return (
            f"The database in {settings.data.absolute()} cannot be used: {reason}."
            " If it is damaged, restore it from a backup."
        )
    return f"The database cannot be used: {reason}\nIs --database-url right, and is it running?"


def _explain(error: OSError, settings: Settings) -> str:
    """What went wrong at the start, and what to do next."""
    address = f"{settings.host}:{settings.port}"
    if isinstance(error, ssl.SSLError):
        reason = f" ({error.reason})" if error.reason else ""
        return (
            f"{settings.tls_cert} and {settings.tls_key} cannot be used{reason}."
            " Both must be PEM files, and the key that of the certificate, without a passphrase."
        )
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"There is no room left for {settings.data.absolute()} ({error.strerror}). Make some, then try again."
    if error.filename is not None and str(error.filename) in (str(settings.tls_cert), str(settings.tls_key)):
        return f"{error.filename}: {error.strerror}. The user who runs the registry must be able to read it."
    if error.filename is not None:
        archive = settings.archive_dir is not None and Path(error.filename).is_relative_to(settings.archive_dir)
        option = "--archive-dir" if archive else "--data"
        reason = "It is not a folder" if isinstance(error, FileExistsError) else error.strerror
        return f"{error.filename}: {reason}. Choose a folder that you may write to with {option}."
    if error.errno == errno.EADDRINUSE:
        return f"Another program uses {address}. Stop it, or choose another port with --port."
    if error.errno == errno.EACCES:
        return f"You may not listen on {address}. Choose a port from 1024 on with --port."
    if isinstance(error, gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"{address}: {error.strerror or error}. Choose an address of this machine with --host."
    return f"The registry cannot start: {error.strerror or error}."
