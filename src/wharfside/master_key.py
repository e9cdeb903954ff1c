"""The master key as the settings say, and what it seals: for the server, and for the commands that administer."""

from __future__ import annotations

import sqlalchemy as sa

from wharfside.config import Settings
from wharfside.folder import Folder
from wharfside.store.db import Db
from wharfside.store.master_key import (
    MasterKey,
    MasterKeySource,
    find_fingerprint,
    fix_master_key,
    load_master_key,
)
from wharfside.store.sealing import Sealer


def open_master_key(engine: sa.Engine, settings: Settings, folder: Folder) -> MasterKey:
    """The master key that the data is encrypted with; at first, it is made. Raises MasterKeyRefused, KeyFileRefused."""
    with engine.connect() as connection:
        first = find_fingerprint(connection) is None
    text = settings.master_key.get_secret_value() if settings.master_key is not None else None
    file = settings.master_key_file or folder.master_key_file
    key = load_master_key(MasterKeySource(file, text, settings.master_key_command), make=first)
    if first:
        db = Db(engine)
        try:
            db.write(lambda connection: fix_master_key(connection, key)).result()
        finally:
            db.close()
    else:
        with engine.connect() as connection:
            fix_master_key(connection, key)
    return key


def key_sealer(master: MasterKey) -> Sealer:
    """Seals what keys of the key store encrypt with."""
    return Sealer(master.derive("kms keys"))
