"""Logs are events with ids, on standard error. What a person said or who they are is never in them."""

import re
from collections.abc import MutableMapping
from typing import Any

import structlog

# PostgreSQL quotes the offending row in these lines, and a row holds a person.
ROW_IN_A_MESSAGE = re.compile(r"^\s*(DETAIL|CONTEXT):.*$", re.MULTILINE)


def without_rows(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = ROW_IN_A_MESSAGE.sub(r"\1: left out of the log", value)
    return event


SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    without_rows,
]


def configuration(*, live: bool) -> dict[str, Any]:
    """For Django's LOGGING: one JSON object a line in live use, readable lines otherwise."""
    last = structlog.processors.JSONRenderer() if live else structlog.dev.ConsoleRenderer(colors=False)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "events": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "events"}},
        "root": {"handlers": ["stderr"], "level": "INFO" if live else "WARNING"},
        "loggers": {
            # Django's own handlers would write the same thing twice, in another form.
            "django": {"handlers": [], "level": "INFO" if live else "WARNING"},
            "procrastinate": {"level": "WARNING"},  # it tells the arguments of every job
            "openprotect": {"level": "INFO"},
        },
    }


def configure() -> None:
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
