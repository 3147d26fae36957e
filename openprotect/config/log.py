"""Logs are events with ids, on standard error.

What a person said, who they are, and the link that opens their pages are never in them.
"""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

# PostgreSQL quotes the offending row in these lines, and a row holds a person.
ROW_IN_A_MESSAGE = re.compile(r"^\s*(DETAIL|CONTEXT):.*$", re.MULTILINE)
# Django writes the path of every refused request, and a personal link is a path with a key in it.
LINK = re.compile(r"/(c|r)/[A-Za-z0-9_-]+")


def without_rows_and_links(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    # A request tells all: address, form and cookies.
    event.pop("request", None)
    for key, value in event.items():
        # structlog's own, which are taken out before the line is written, begin so.
        if not key.startswith("_"):
            event[key] = _told(value)
    return event


def _told(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _told(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_told(each) for each in value]
    # Anything else would be written as its repr later on, where nobody looks at it.
    text = value if isinstance(value, str) else repr(value)
    return LINK.sub(r"/\1/...", ROW_IN_A_MESSAGE.sub(r"\1: left out of the log", text))


SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    without_rows_and_links,
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
