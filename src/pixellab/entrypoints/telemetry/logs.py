"""Structured logs: lines for people by default, JSON by setting."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import TextIO

import structlog
from pydantic import SecretStr

from pixellab.domain.ports import Event, Milestone, Observer
from pixellab.domain.results import Cost
from pixellab.entrypoints.settings import Settings

OUR_LOGGERS = ("pixellab", "uvicorn")
"""Heard from the configured level on; other libraries only when they warn."""

log = structlog.get_logger("pixellab.upload")


def configure_logging(settings: Settings) -> None:
    """Send all logs of this process, the web server's too, to stderr as ``settings`` say."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = _ToStderr()
    handler.setFormatter(
        _Discreet(
            secrets=secrets_of(settings),
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder(), _without_colours],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(settings),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in OUR_LOGGERS:
        logging.getLogger(name).setLevel(settings.log_level.upper())


def _without_colours(
    _: object, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Without what uvicorn says once more, with codes for a terminal in it."""
    event.pop("color_message", None)
    return event


def _rendering(settings: Settings) -> list[structlog.typing.Processor]:
    if settings.log_format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    plain = structlog.dev.plain_traceback
    return [
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), pad_event_to=0, exception_formatter=plain
        )
    ]


class _ToStderr(logging.StreamHandler[TextIO]):
    """Writes to what is ``sys.stderr`` at the time, which programs and tests exchange."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


class _Discreet(structlog.stdlib.ProcessorFormatter):
    """Blanks out whatever secret found its way into a line, wherever it came from."""

    def __init__(self, *, secrets: tuple[str, ...], **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for secret in self._secrets:
            line = line.replace(secret, "***")
        return line


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """The text of every secret setting; lists give their parts."""
    values = [getattr(settings, name) for name in type(settings).model_fields]
    texts = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
    return tuple(part.strip() for text in texts for part in text.split(",") if part.strip())


class UploadLog(Observer):
    """Writes the log lines of an upload, each with the image's id."""

    def __init__(self, *, new_image: bool = True) -> None:
        self._new_image = new_image

    def __call__(self, event: Event) -> None:
        fields, note = event.fields, log.bind(image_id=event.image_id)
        match event.milestone:
            case Milestone.RECEIVED:
                name, size = printable(fields["filename"]), fields["size_bytes"]
                note.info(f"[UPLOAD] File received: {name}, size: {size} bytes")
            case Milestone.RESERVED:
                if self._new_image:
                    note.info(f"[UPLOAD] Database record created: {event.image_id}")
                note.info(f"[UPLOAD] Enhancement history created: {fields['enhancement_id']}")
            case Milestone.ORIGINAL_STORED:
                note.info(f"[UPLOAD] Original uploaded to {fields['store']}: {fields['key']}")
            case Milestone.RESULT_STORED:
                note.info(f"[UPLOAD] Enhanced uploaded to {fields['store']}: {fields['key']}")
            case Milestone.BACKEND_CALLED:
                _log_call(note, fields)
            case Milestone.FAILED:
                note.warning(f"[UPLOAD] Failed: {fields['reason']}", **_facts(fields))
            case Milestone.COMPLETED:
                note.info("[UPLOAD] Completed", **_facts(fields))
            case _:
                note.debug(f"[UPLOAD] {event.milestone}", **_facts(fields))


def _facts(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if name != "reason"}


def _log_call(note: structlog.stdlib.BoundLogger, fields: Mapping[str, object]) -> None:
    facts, cost = {"backend": fields["backend"], "outcome": str(fields["outcome"])}, fields["cost"]
    paid = isinstance(cost, Cost)
    if paid:
        facts["cost"] = str(cost)
    if fields["why"] is not None:
        note.warning(f"[UPLOAD] {fields['why']}", **facts)
    elif paid:
        note.info(f"[UPLOAD] Paid backend served: {fields['backend']}", **facts)
    else:
        note.debug("[UPLOAD] backend_called", **facts)


def printable(text: object) -> str:
    """The text on one line, whatever characters a client put in it."""
    shown = "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode()
        for char in str(text)
    )
    return shown[:255]
