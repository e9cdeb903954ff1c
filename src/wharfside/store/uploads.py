"""Upload sessions that have bytes, and those that ended lately (so that their ids are not taken for new ones)."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import Enum, auto

from sqlalchemy import Connection, bindparam, delete, select, update

from wharfside.core.encryption import PLAIN
from wharfside.store.prepared import Prepared, insertion
from wharfside.store.tables import repository, upload


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload session: acknowledged bytes and, for parts sent through the ECR API, their number and sizes."""

    id: str
    repository_id: int
    size: int = 0
    sha256: str | None = None
    parts: int = 0
    smallest_inner_part: int | None = None
    """Bytes of the smallest part before the last one."""
    last_part: int | None = None
    ended: bool = False
    domain: str = PLAIN
    """The encryption domain, which is that of the repository."""

    def with_part(self, length: int) -> Upload:
        """The session after one more part of `length` bytes."""
        inner = self.smallest_inner_part
        if self.last_part is not None:
            inner = self.last_part if inner is None else min(inner, self.last_part)
        return replace(self, parts=self.parts + 1, smallest_inner_part=inner, last_part=length)


_FIELDS = tuple(field.name for field in fields(Upload) if field.name in upload.c)


_FIND = Prepared(select(*(upload.c[field] for field in _FIELDS)).where(upload.c.id == bindparam("upload_id")))
_KEY = _FIELDS[:2]
_INSERT = insertion(upload, *_FIELDS, "updated_at")
_UPDATE = Prepared(
    update(upload)
    .where(upload.c.id == bindparam("upload_id"), upload.c.ended.is_(False))
    .values({name: bindparam(name) for name in (*_FIELDS[2:], "updated_at")})
)


def find_upload(connection: Connection, upload_id: str) -> Upload | None:
    """The session without its domain, if it ever got bytes or has ended lately."""
    row = _FIND.first(connection, upload_id=upload_id)
    return Upload(*row[:-1], ended=bool(row[-1])) if row else None


_PROGRESS = Prepared(select(upload.c.size, upload.c.sha256, upload.c.ended).where(upload.c.id == bindparam("id")))


def is_current(connection: Connection, each: Upload) -> bool:
    """Whether the session is still as far as this, and open."""
    row = _PROGRESS.first(connection, id=each.id)
    return each.size == 0 if row is None else (row[0], row[1], bool(row[2])) == (each.size, each.sha256, False)


class State(Enum):
    """What is known of a session besides its id."""

    WITHOUT_REPOSITORY = auto()
    UNRECORDED = auto()
    RECORDED = auto()
    ENDED = auto()


_STATE = Prepared(
    select(repository.c.name, upload.c.ended)
    .select_from(repository.outerjoin(upload, upload.c.id == bindparam("upload_id")))
    .where(repository.c.id == bindparam("repository"))
    .with_for_update(of=repository)
)


def state_of(connection: Connection, each: Upload) -> tuple[State, str | None]:
    """The state of a session, which stays so until the end of the transaction, and its repository's name."""
    row = _STATE.first(connection, upload_id=each.id, repository=each.repository_id)
    if row is None:
        return State.WITHOUT_REPOSITORY, None
    if row[1] is None:
        return State.UNRECORDED, row[0]
    return State.ENDED if row[1] else State.RECORDED, row[0]


def put_upload(connection: Connection, each: Upload, now: float, *, recorded: bool) -> bool:
    """Record how far a session has come. `recorded`: there is a row of it already; False if that has ended or gone.

    On PostgreSQL `state_of` may have waited for whoever ended it, and have seen it as it was before.
    """
    values = {field: getattr(each, field) for field in _FIELDS} | {"updated_at": now}
    if recorded:
        own = {name: values[name] for name in values if name not in _KEY}
        return _UPDATE.run(connection, upload_id=each.id, **own) > 0
    _INSERT.run(connection, **values)
    return True


def delete_old_uploads(connection: Connection, before: float, limit: int) -> list[str]:
    """Forget sessions that nothing was sent to since `before`; their ids, whose staged bytes may be discarded.

    Whoever goes on with a session holds its repository until the end of the transaction: so this waits for them.
    """
    is_old = upload.c.updated_at < before
    old = (
        select(upload.c.id)
        .join(repository, repository.c.id == upload.c.repository_id)
        .where(is_old)
        .limit(limit)
        .with_for_update(of=repository)
    )
    ids = list(connection.scalars(old))
    if not ids:
        return []
    return list(connection.scalars(delete(upload).where(upload.c.id.in_(ids), is_old).returning(upload.c.id)))


def open_uploads(connection: Connection, ids: list[str]) -> set[str]:
    """Those of the ids that are sessions which have not ended."""
    return set(connection.scalars(select(upload.c.id).where(upload.c.id.in_(ids), upload.c.ended.is_(False))))
