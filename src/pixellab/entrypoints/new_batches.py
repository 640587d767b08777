"""Batches as every entry point takes them in: by a manifest, by lines, or by a prefix."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, BinaryIO

from attrs import field, frozen

from pixellab.domain.batches import Line
from pixellab.domain.errors import InvalidRequest
from pixellab.domain.requests import BatchRequest
from pixellab.domain.use_cases.batches import (
    AcceptedBatch,
    NewBatch,
    lines_of_keys,
    read_manifest,
)
from pixellab.domain.use_cases.batches.manifest import ALLOWED, lines_of
from pixellab.domain.use_cases.keeping.reservations import digest_of
from pixellab.entrypoints.lab import PixelLab

ONE = "Give either a manifest, items or a prefix: one of them."


@frozen(kw_only=True)
class Photos:
    """The photos of a batch, named in one of three ways."""

    manifest: BinaryIO | None = field(default=None, repr=False)
    """CSV, JSON lines or a JSON array; seekable, read line by line."""
    items: Sequence[Mapping[str, Any]] | None = None
    """The columns of each line: ``image_url`` or ``key``, and ``sku_id`` if it has one."""
    prefix: str | None = None
    """All objects whose keys begin so."""

    def __attrs_post_init__(self) -> None:
        if [self.manifest, self.items, self.prefix].count(None) != 2:
            raise InvalidRequest("manifest", ONE)
        if not all(isinstance(each, Mapping) for each in self.items or ()):
            told = f"items must be mappings from columns to their text; {ALLOWED}."
            raise InvalidRequest("items", told)


def new_batch(asked: BatchRequest) -> NewBatch:
    """What a request asks for."""
    return NewBatch(
        name=asked.name,
        task=asked.task,
        backend=asked.backend,
        idempotency_key=asked.idempotency_key,
        webhook_url=asked.webhook_url,
    )


def accept(lab: PixelLab, asked: NewBatch, photos: Photos, *, keys: str | None) -> AcceptedBatch:
    """Put the batch on record, its lines too. Keys must begin with ``keys``; None: none may.

    Raises as ``AcceptBatch`` and, for a manifest or a prefix that is wrong, InvalidRequest.
    """
    rules = lab.source_rules(keys)
    lines: Iterable[Line]
    if photos.manifest is not None:
        content = digest_of(photos.manifest)[0]
        lines = read_manifest(photos.manifest, rules)
    elif photos.items is not None:
        text = json.dumps(photos.items, sort_keys=True)
        content = hashlib.sha256(text.encode()).hexdigest()
        lines = lines_of(photos.items, rules)
    else:
        prefix = photos.prefix or ""
        rules.check_prefix(prefix)
        content, lines = f"prefix:{prefix}", lines_of_keys(lab.store.keys(prefix))
    return lab.accept_batch(asked, lines, content)
