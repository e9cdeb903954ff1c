"""Changes users, roles and policies of a registry that runs, as the command line does: on its database."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from wharfside.master_key import key_sealer
from wharfside.store.db import Db, open_engine
from wharfside.store.master_key import MasterKeySource, load_master_key
from wharfside.store.sealing import Sealer, load_or_create_key

T = TypeVar("T")


class Administration:
    """Runs use cases on the database in a data folder."""

    def __init__(self, data: Path) -> None:
        self.sealer = Sealer(load_or_create_key(data / "secret.key"))
        self._master_key_file = data / "master.key"
        self._db = Db(open_engine(f"sqlite:///{data / 'registry.db'}"))

    def run(self, use_case: Callable[..., T], *arguments: object, **options: object) -> T:
        """Call a use case with a connection first."""

        def work(connection: Connection) -> T:
            return use_case(connection, *arguments, **options)

        return self._db.write(work).result()

    @property
    def key_sealer(self) -> Sealer:
        """Seals what keys of the key store encrypt with."""
        return key_sealer(load_master_key(MasterKeySource(self._master_key_file), make=False))

    @property
    def now(self) -> float:
        return time.time()

    def close(self) -> None:
        self._db.close()


@contextmanager
def administration(data: Path) -> Iterator[Administration]:
    """An administration that is closed afterwards."""
    made = Administration(data)
    yield made
    made.close()
