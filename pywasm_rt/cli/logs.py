"""What a running application says of itself: lines of text for people, or of JSON for machines.

A record's own fields (``logger.info("...", extra={"entry": ...})``) are told behind the sentence,
or as keys of the object.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Literal

import click

from pywasm_rt.cli.failures import printable

__all__ = ["LEVELS", "LogFormat", "set_up_logs"]

LogFormat = Literal["text", "json"]
LEVELS = ("debug", "info", "warning", "error")
_COLOURS = {"DEBUG": "bright_black", "WARNING": "yellow", "ERROR": "red", "CRITICAL": "red"}
_STANDARD = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}


def _fields(record: logging.LogRecord) -> dict[str, object]:
    """The fields that were given with the record."""
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


class TextFormatter(logging.Formatter):
    """``12:00:00 INFO sentence field=value``."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, or more if the sentence has more."""
        at = datetime.fromtimestamp(record.created).astimezone()
        level = click.style(f"{record.levelname:<7}", fg=_COLOURS.get(record.levelname))
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        dim = click.style(printable(fields), dim=True) if fields else ""
        text = f"{at:%H:%M:%S} {level} {printable(record.getMessage())}{dim}"
        if record.exc_info:
            text += "\n" + printable(self.formatException(record.exc_info))
        return text


class JsonFormatter(logging.Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """``{"time": ..., "level": ..., "logger": ..., "message": ..., fields}``."""
        shown: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            shown["exception"] = self.formatException(record.exc_info)
        return json.dumps(shown, ensure_ascii=False, default=str)


class _Stderr(logging.Handler):
    """Prints on stderr, as it is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            click.echo(self.format(record), err=True, color=None)
        except OSError:
            self.handleError(record)


def set_up_logs(format: LogFormat, level: str) -> None:
    """Send what the package logs to stderr."""
    handler = _Stderr()
    handler.setFormatter(JsonFormatter() if format == "json" else TextFormatter())
    root = logging.getLogger("pywasm_rt")
    root.handlers = [handler]
    root.setLevel(level.upper())
    root.propagate = False
    logging.raiseExceptions = sys.stderr is not None
