"""Leases: who may do a kind of work just now."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select, update

from wharfside.store.tables import lease


def take_lease(connection: Connection, name: str, holder: str, now: float, seconds: float) -> bool:
    """Take the lease, or keep it. False while somebody else holds it."""
    row = connection.execute(select(lease.c.holder, lease.c.expires_at).where(lease.c.name == name)).one_or_none()
    if row is None:
        connection.execute(insert(lease), {"name": name, "holder": holder, "expires_at": now + seconds})
        return True
    if row.holder != holder and row.expires_at > now:
        return False
    taken = connection.execute(
        update(lease)
        .where(lease.c.name == name, lease.c.holder == row.holder, lease.c.expires_at == row.expires_at)
        .values(holder=holder, expires_at=now + seconds)
    )
    return taken.rowcount == 1


def release_lease(connection: Connection, name: str, holder: str) -> None:
    """Give the lease back, so that another node need not wait for its end."""
    connection.execute(delete(lease).where(lease.c.name == name, lease.c.holder == holder))
