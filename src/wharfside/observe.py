"""Logs: one line of JSON for each event, on standard error. Secrets are never among them."""

from __future__ import annotations

import logging
import sys

import structlog

from wharfside.api.connection import Served


def configure_logs() -> None:
    """Send what is logged, also by libraries, through structlog."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)


_access: structlog.stdlib.BoundLogger = structlog.get_logger("wharfside.access")


def log_request(served: Served) -> None:
    """One line for one request; the query, which may hold a download token, is left out."""
    _access.info(
        "request",
        method=served.method,
        path=served.raw_path,
        status=served.status,
        client=served.client,
        user_agent=served.user_agent,
        received=served.received,
        sent=served.sent,
        seconds=round(served.seconds, 6),
        complete=served.complete,
    )
