"""Jobs as messages, and back.

A message names its job and says who may read it: servers and workers of several versions share a
broker while they are upgraded one by one. What a job is about is in its record, so a message is
small, and losing one loses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, get_args, get_type_hints

from attrs import asdict, fields_dict

from pixellab.domain.ports import ItemJob, Job

VERSION = 1
"""Is raised where workers of earlier versions would do something wrong with a message."""
KINDS: Mapping[str, type[Any]] = {"enhancement": Job, "line": ItemJob}
"""The jobs there are, by what their messages call them. Their fields are texts, numbers, truth
values, moments and members of a StrEnum."""


PUBLISHED = "pixellab-published"
"""The header that has the moment at which a message was handed to the broker."""


class UnknownMessage(Exception):
    """Another version of PixelLab wrote it, or somebody else."""


def write_message(job: Job | ItemJob) -> dict[str, Any]:
    """The message as a JSON object."""
    [kind] = (name for name, known in KINDS.items() if isinstance(job, known))
    fields = asdict(job, value_serializer=_written)
    return {"version": VERSION, "kind": kind, **fields}


def read_message(message: object) -> Job | ItemJob:
    """The job that a JSON object stands for.

    Raises UnknownMessage where this version cannot tell what is to be done.
    """
    if not isinstance(message, dict) or message.get("version") != VERSION:
        raise UnknownMessage("It is of another version.")
    kind = KINDS.get(str(message.get("kind")))
    if kind is None:
        raise UnknownMessage("There is no such job.")
    given = {name: value for name, value in message.items() if name not in {"version", "kind"}}
    if given.keys() - fields_dict(kind).keys():
        raise UnknownMessage("It says more than this version understands.")
    hints = get_type_hints(kind)
    try:
        job: Job | ItemJob = kind(
            **{name: _read(hints[name], value) for name, value in given.items()}
        )
    except (TypeError, ValueError) as error:
        raise UnknownMessage("A field is missing or has no value that is known.") from error
    return job


def published_at(headers: Mapping[str, Any] | None) -> datetime | None:
    """When a message was handed to the broker; None where its headers do not tell."""
    try:
        moment = datetime.fromisoformat((headers or {})[PUBLISHED])
    except (KeyError, TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def _written(_: object, __: object, value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _read(hint: Any, value: Any) -> Any:
    """``value`` as a field of this type has it; raises ValueError or TypeError."""
    kinds = get_args(hint) or (hint,)
    if value is None and type(None) in kinds:
        return None
    [kind] = (each for each in kinds if each is not type(None))
    if kind is datetime:
        return datetime.fromisoformat(value)
    if issubclass(kind, StrEnum):
        return kind(value)
    if type(value) is not kind:
        raise TypeError(f"not of the type {kind.__name__}")
    return value
