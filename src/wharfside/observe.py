"""Logs: one line of JSON for each event, on standard error. Secrets are never among them."""

from __future__ import annotations

import logging
import sys

from wharfside.api.connection import Served

_access = logging.getLogger("wharfside.access")


class _JsonLines(logging.Formatter):
    """Formats through structlog, which is imported with the first line: it takes a fifth of the time to start."""

    _structured: logging.Formatter | None = None

    def format(self, record: logging.LogRecord) -> str:
        if self._structured is None:
            self._structured = _structured_formatter()
        return self._structured.format(record)


def _structured_formatter() -> logging.Formatter:
    import structlog

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
    )


def configure_logs() -> None:
    """Send what is logged, also by libraries, to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def log_request(served: Served) -> None:
    """One line for one request; the query, which may hold a download token, is left out."""
    facts = {
        "method": served.method,
        "path": served.raw_path,
        "status": served.status,
        "client": served.client,
        "user_agent": served.user_agent,
        "received": served.received,
        "sent": served.sent,
        "seconds": round(served.seconds, 6),
        "complete": served.complete,
    }
    _access.info("request", extra=facts)
