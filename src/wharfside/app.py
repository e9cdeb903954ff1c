"""The composition root: from settings to a running node. The only module that sees every part."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import hmac
import math
import os
import socket
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import sqlalchemy as sa

from wharfside.api import serving
from wharfside.api.addresses import Addresses
from wharfside.api.audit import AuditFile, Trail, TrailSettings
from wharfside.api.certificates import Certificate
from wharfside.api.connection import Handler, Served
from wharfside.api.descriptors import most_connections, raise_limit
from wharfside.api.forwarding import ProxyHeaders, TrustedProxies
from wharfside.api.limits import Limits
from wharfside.api.node import Node, Scope
from wharfside.api.open_mode import OpenMode
from wharfside.api.processors import Home
from wharfside.api.pull_times import PullTimes
from wharfside.api.rates import ECR_RATES, Rates
from wharfside.api.sign_ins import FailedSignIns
from wharfside.api.threads import BatchedThreads
from wharfside.api.workers import Worker, run_workers
from wharfside.blobs.data_keys import MasterDataKeys
from wharfside.blobs.files import FileBlobStore
from wharfside.config import Settings
from wharfside.core.encryption import AES256
from wharfside.folder import Folder, write_json
from wharfside.jobs.engine import Engine
from wharfside.jobs.handlers import HANDLERS, WATCHES, schedules
from wharfside.master_key import key_sealer, open_master_key
from wharfside.observe import configure_logs, log_request
from wharfside.registry.access_keys import NewAccessKey
from wharfside.registry.data_keys import KeyStoreDataKeys
from wharfside.registry.events import EventSettings
from wharfside.registry.first_start import create_first_account
from wharfside.store import job_records, principals, schema, webhook_deliveries
from wharfside.store.audit import AuditRecord
from wharfside.store.db import Db, open_engine, use_write_ahead_log
from wharfside.store.master_key import MasterKey
from wharfside.store.sealing import Sealer, load_or_create_key

READERS = 3
"""Threads that read the database. More would only compete for the interpreter."""
DISK_THREADS = 8
HASHERS = min(8, os.cpu_count() or 1)
"""Threads that hash uploads. More would hash no faster."""


class AnotherAccount(Exception):
    """The data belongs to another account than the settings name."""


class AnotherDatabase(Exception):
    """The layers in the data folder belong to another database than the settings name."""


def prepare(settings: Settings, folder: Folder) -> MasterKey:
    """Make what a first start needs, and bring the schema up to date; the master key. Leaves no connection open.

    Raises SchemaTooNew, KeyFileRefused, MasterKeyRefused, AnotherAccount, AnotherDatabase, DatabaseAddressRefused.
    """
    key = load_or_create_key(folder.key_file)
    blobs = FileBlobStore(settings.data, settings.archive())
    engine = open_engine(settings.database())
    try:
        use_write_ahead_log(engine)
        schema.upgrade(engine)
        _require_own_blobs(engine, blobs, settings)
        master = open_master_key(engine, settings, folder)
        _ensure_account(engine, settings, folder, Sealer(key))
        return master
    finally:
        engine.dispose()


def _require_own_blobs(engine: sa.Engine, blobs: FileBlobStore, settings: Settings) -> None:
    """Raises AnotherDatabase where blobs are older than the database: it would have all of them removed as strays."""
    with engine.connect() as connection:
        is_new = principals.find_first_account(connection) is None
    if is_new and next(blobs.stored_before(math.inf), None) is not None:
        raise AnotherDatabase(
            f"The database is new, but the layers in {settings.data.absolute()} belong to another one, and would be"
            " removed. Name that one with --database-url, or leave it away if it was registry.db in the folder;"
            " to begin anew, choose another folder with --data."
        )


def _ensure_account(engine: sa.Engine, settings: Settings, folder: Folder, sealer: Sealer) -> None:
    with engine.connect() as connection:
        account = principals.find_first_account(connection)
    if account is None:
        db = Db(engine)

        def make(connection: sa.Connection) -> AuditRecord | None:
            made = create_first_account(connection, sealer, settings.account, settings.region, time.time())
            if made is None:
                return None
            # Before the commit: a crash may leave a key that is not in force, but never one that nobody knows.
            write_json(folder.admin_file, _admin(settings, made.key))
            return made.record

        record = db.write(make).result()
        db.close()
        if record is not None and settings.audit_file is not None:
            AuditFile(settings.audit_file, folder.audit_lock).write([record])
    elif account != settings.account and "account" in settings.model_fields_set:
        raise AnotherAccount(
            f"The data in {settings.data.absolute()} belongs to account {account}, not {settings.account}."
            " Leave --account away, or choose another folder with --data."
        )


def _admin(settings: Settings, key: NewAccessKey) -> dict[str, str]:
    return {
        "account": settings.account,
        "region": settings.region,
        "accessKeyId": key.access_key_id,
        "secretAccessKey": key.secret_access_key,
    }


def open_node(
    settings: Settings,
    folder: Folder,
    on_audit_dropped: Callable[[int], None] | None = None,
    master: MasterKey | None = None,
) -> Node:
    """A node on data that `prepare` has made ready, for the event loop that runs. `master`: if it is known already.

    `on_audit_dropped` hears how many audit records are lost.
    """
    key = load_or_create_key(folder.key_file)
    engine = open_engine(settings.database())
    master = master or open_master_key(engine, settings, folder)
    db = Db(engine)
    keys = KeyStoreDataKeys(MasterDataKeys(master.derive("data keys")), db, key_sealer(master))
    return Node(
        db=db,
        blobs=FileBlobStore(settings.data, settings.archive(), keys),
        encryption=AES256 if settings.encryption == "aes256" else None,
        sealer=Sealer(key),
        key_sealer=key_sealer(master),
        upload_key=hmac.digest(key, b"upload ids", hashlib.sha256),
        addresses=Addresses(settings.registry_host),
        rates=_rates(settings),
        sign_ins=FailedSignIns(),
        trail=Trail(db, time.time, _trail_settings(settings, folder), on_audit_dropped),
        pull_times=PullTimes(db),
        readers=BatchedThreads(READERS, "db-read"),
        disk=BatchedThreads(DISK_THREADS, "disk", together=1),
        hashers=BatchedThreads(HASHERS, "hash", together=1, yielding=True),
        clock=time.time,
        event_settings=EventSettings(
            settings.event_retention_days * 86_400.0, settings.webhook_give_up_hours * 3600.0, settings.webhook_timeout
        ),
        allow_sparse_manifests=settings.allow_sparse_manifests,
        open_mode=OpenMode(*_own_registry(db, settings)) if settings.open else None,
        anonymous=_own_registry(db, settings) if settings.anonymous_pull and not settings.open else None,
    )


def _rates(settings: Settings) -> Rates:
    per_account = {**(ECR_RATES if settings.limits == "ecr" else {}), **settings.rates}
    return Rates(per_account, settings.principal_rates, settings.workers)


def _trail_settings(settings: Settings, folder: Folder) -> TrailSettings:
    return TrailSettings(
        settings.audit_reads, settings.audit_retention_days * 86_400.0, settings.audit_file, folder.audit_lock
    )


def _own_registry(db: Db, settings: Settings) -> Scope:
    """The registry of requests that name none."""
    return Scope(db.read(principals.find_first_account) or settings.account, settings.region)


def close_node(node: Node) -> None:
    """Finish what is under way, and close everything."""
    node.hashers.close()
    node.disk.close()
    node.readers.close()
    node.pull_times.close()
    node.trail.close()
    node.db.close()


def run(settings: Settings, on_ready: Callable[[str], None]) -> int:
    """Serve until a signal comes; the exit code. `on_ready` is told the address.

    Raises FolderInUse, OSError (the address is taken), and what `prepare` raises.
    """
    configure_logs()
    raise_limit()
    folder = Folder(settings.data)
    folder.make()
    lock = folder.lock()
    try:
        master = prepare(settings, folder)
        if settings.workers > 1:
            folder.clear_metrics()
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder.metrics)
        certificate = None
        if settings.tls_cert is not None and settings.tls_key is not None:
            certificate = Certificate(settings.tls_cert, settings.tls_key)
        listeners = serving.listen(settings.host, settings.port)
        url = _url(settings, listeners[0].getsockname()[1])

        def ready() -> None:
            write_json(folder.endpoint_file, _endpoint(settings, url))
            on_ready(url)

        return run_workers(
            settings.workers, lambda worker: _work(worker, settings, folder, master, listeners, certificate), ready
        )
    finally:
        os.close(lock)


def _work(
    worker: Worker,
    settings: Settings,
    folder: Folder,
    master: MasterKey,
    listeners: Sequence[socket.socket],
    certificate: Certificate | None,
) -> None:
    """One worker, from its first request to its last."""
    if settings.workers > 1:
        folder.reserve_metrics(os.getpid())
    from wharfside.api.metrics import Metrics
    from wharfside.api.server import answer_failure

    metrics = Metrics(settings.metrics_token.get_secret_value() if settings.metrics_token else None)
    home = Home(worker.index) if settings.one_processor else None

    def ready() -> None:
        # What is here by now stays. Looking through it again would stop every request for a tenth of a second.
        gc.freeze()
        worker.ready()

    asyncio.run(
        serving.serve(
            listeners,
            lambda: _handler(settings, folder, master, metrics),
            certificate=certificate,
            proxies=_proxies(settings),
            limits=Limits(connections=most_connections(), drain=settings.drain_seconds),
            on_error=answer_failure,
            on_done=_both(metrics.count, log_request) if settings.access_log else metrics.count,
            on_ready=ready,
            share=worker.share,
        )
    )
    if home is not None:
        home.leave()


def _proxies(settings: Settings) -> TrustedProxies | None:
    if not settings.trusted_proxies:
        return None
    return TrustedProxies(settings.trusted_proxies, ProxyHeaders(settings.proxy_headers))


def _both(first: Callable[[Served], None], second: Callable[[Served], None]) -> Callable[[Served], None]:
    def call(served: Served) -> None:
        first(served)
        second(served)

    return call


def _url(settings: Settings, port: int) -> str:
    scheme = "https" if settings.tls_cert is not None else "http"
    host = "127.0.0.1" if settings.host in ("", "0.0.0.0", "::") else settings.host  # noqa: S104  # shown, not bound
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _endpoint(settings: Settings, url: str) -> dict[str, str | None]:
    certificate = str(settings.tls_cert.absolute()) if settings.tls_cert is not None else None
    return {
        "url": url,
        "region": settings.region,
        "certificate": certificate,
        "registryHost": settings.registry_host,
    }


@asynccontextmanager
async def _handler(settings: Settings, folder: Folder, master: MasterKey, metrics: object) -> AsyncGenerator[Handler]:
    from wharfside.api.metrics import Metrics
    from wharfside.api.server import Server

    assert isinstance(metrics, Metrics)
    node = open_node(settings, folder, metrics.count_dropped_records, master)
    node = replace(node, observe_delivery=metrics.webhooks.count)
    metrics.jobs.ask = lambda: node.look_up(job_records.count_jobs)
    metrics.webhooks.ask = lambda: node.look_up(webhook_deliveries.count_undelivered)
    engine = Engine(node, HANDLERS, schedules(settings.lifecycle_schedule), metrics.jobs.count, WATCHES)
    engine.start()
    try:
        yield Server(node, metrics).answer
    finally:
        await engine.stop()
        close_node(node)
