"""Records to rows and back.

Rows may come from other versions of this program: while servers are upgraded one by one, or after
going back. So what was once written stays readable, whatever this version would accept today.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar, cast

from attrs import asdict, fields_dict
from sqlalchemy import RowMapping

from pixellab.adapters.image_repositories.sql.calls import call_columns, calls_of
from pixellab.domain.formats import MEDIA_TYPES, Format
from pixellab.domain.images import (
    Enhancement,
    ProcessingStatus,
    ProductImage,
    Status,
    StoredObject,
)
from pixellab.domain.requests import Mode, Task
from pixellab.domain.requests.framing import Fit
from pixellab.domain.results import Model, Rule, Step

UNKNOWN_MEDIA_TYPE = "application/octet-stream"
ASKED = ("operation", "parameters")
"""Columns of ``enhancement_history`` that never change: there may be more in them than this version
knows."""

E = TypeVar("E", bound=StrEnum)


def image_row(image: ProductImage) -> dict[str, Any]:
    """The values of the image's row of ``product_images``."""
    enhanced = image.enhanced
    return {
        "id": image.id,
        "sku_id": image.sku_id,
        "key_digits": image.key_digits,
        "original_filename": image.filename,
        **original_columns(image.original, kept=image.original_kept),
        "original_width": image.original_width,
        "original_height": image.original_height,
        "original_format": image.original_format,
        "status": str(image.status),
        "enhancement_mode": image.backend,
        "operation": str(image.mode),
        "enhanced_key": enhanced and enhanced.key,
        "enhanced_image_url": enhanced and enhanced.url,
        "enhanced_s3_url": enhanced and enhanced.uri,
        "enhanced_sha256": enhanced and enhanced.sha256,
        "enhanced_size_bytes": enhanced and enhanced.size_bytes,
        "enhanced_sequence": image.enhanced_sequence,
        "enhanced_width": image.enhanced_width,
        "enhanced_height": image.enhanced_height,
        "enhanced_format": image.enhanced_format,
        "quality_before": image.quality_before,
        "quality_after": image.quality_after,
        "faithfulness": image.faithfulness,
        "processing_time_ms": image.processing_time_ms,
        "processed_at": image.processed_at,
        "created_at": image.created_at,
        "updated_at": image.updated_at,
        "idempotency_key": image.idempotency_key,
        "fingerprint": image.fingerprint,
        "original_thumbnail_key": image.original_thumbnail_key,
        "thumbnail_key": image.thumbnail_key,
        "thumbnail_url": image.thumbnail_url,
        "source_url": image.source_url,
    }


def original_columns(original: StoredObject, *, kept: bool) -> dict[str, Any]:
    """What ``product_images`` has about the original."""
    return {
        "image_url": original.url if kept else None,
        "original_key": original.key,
        "original_s3_url": original.uri,
        "original_https_url": original.url,
        "original_sha256": original.sha256,
        "original_size_bytes": original.size_bytes,
        "original_kept": kept,
    }


def image_of(row: RowMapping) -> ProductImage:
    """The image that a row of ``product_images`` describes."""
    original = StoredObject(
        key=row["original_key"],
        uri=row["original_s3_url"],
        url=row["original_https_url"],
        size_bytes=row["original_size_bytes"],
        sha256=row["original_sha256"],
        media_type=MEDIA_TYPES.get(row["original_format"], UNKNOWN_MEDIA_TYPE),
    )
    return ProductImage(
        id=row["id"],
        sku_id=row["sku_id"],
        key_digits=row["key_digits"],
        filename=row["original_filename"],
        status=Status(row["status"]),
        backend=row["enhancement_mode"],
        mode=_named(Mode, row["operation"]),
        original=original,
        original_kept=row["original_kept"],
        original_width=row["original_width"],
        original_height=row["original_height"],
        original_format=row["original_format"],
        enhanced=_enhanced_of(row, url=row["enhanced_image_url"]),
        enhanced_sequence=row["enhanced_sequence"],
        enhanced_width=row["enhanced_width"],
        enhanced_height=row["enhanced_height"],
        enhanced_format=row["enhanced_format"],
        quality_before=row["quality_before"],
        quality_after=row["quality_after"],
        faithfulness=row["faithfulness"],
        processing_time_ms=row["processing_time_ms"],
        processed_at=row["processed_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        idempotency_key=row["idempotency_key"],
        fingerprint=row["fingerprint"],
        original_thumbnail_key=row["original_thumbnail_key"],
        thumbnail_key=row["thumbnail_key"],
        thumbnail_url=row["thumbnail_url"],
        source_url=row["source_url"],
    )


def enhancement_row(enhancement: Enhancement) -> dict[str, Any]:
    """The values of its row of ``enhancement_history``, but for the original's URLs."""
    enhanced = enhancement.enhanced
    return {
        "id": enhancement.id,
        "product_image_id": enhancement.image_id,
        "enhancement_sequence": enhancement.sequence,
        "enhancement_mode": enhancement.backend,
        "operation": str(enhancement.task.mode),
        "parameters": asdict(enhancement.task),
        "enhanced_key": enhancement.key,
        "enhanced_s3_url": enhanced and enhanced.uri,
        "enhanced_https_url": enhanced and enhanced.url,
        "enhanced_sha256": enhanced and enhanced.sha256,
        "enhanced_size_bytes": enhanced and enhanced.size_bytes,
        "enhanced_width": enhancement.enhanced_width,
        "enhanced_height": enhancement.enhanced_height,
        "enhanced_format": enhancement.enhanced_format,
        "original_size_bytes": enhancement.original_size_bytes,
        "original_quality_score": enhancement.original_quality_score,
        "enhanced_quality_score": enhancement.enhanced_quality_score,
        "faithfulness": enhancement.faithfulness,
        "quality_metadata": dict(enhancement.quality_metadata),
        "size_metadata": dict(enhancement.size_metadata),
        "processing_time_ms": enhancement.processing_time_ms,
        "processing_status": str(enhancement.status),
        "model_version": enhancement.model_version,
        "models": [asdict(model) for model in enhancement.models],
        "versions": dict(enhancement.versions),
        "response_id": enhancement.response_id,
        "attempts": enhancement.attempts,
        "lease_until": enhancement.lease_until,
        "lease_owner": enhancement.lease_owner,
        "steps": [asdict(step) for step in enhancement.steps],
        "rules": [asdict(rule) for rule in enhancement.rules],
        "warnings": list(enhancement.warnings),
        "target_met": enhancement.target_met,
        "failure": enhancement.failure,
        "created_at": enhancement.created_at,
        "finished_at": enhancement.finished_at,
        "backend_chain": list(enhancement.chain),
        "thumbnail_key": enhancement.thumbnail_key,
        "thumbnail_url": enhancement.thumbnail_url,
        "webhook_url": enhancement.webhook_url,
        **call_columns(enhancement.calls),
        "payer": enhancement.payer,
    }


def original_urls(original: StoredObject, *, kept: bool) -> dict[str, Any]:
    """What ``enhancement_history`` has about the original."""
    return {
        "original_s3_url": original.uri if kept else None,
        "original_https_url": original.url if kept else None,
        "original_sha256": original.sha256 if kept else None,
    }


def enhancement_of(row: RowMapping) -> Enhancement:
    """The enhancement that a row of ``enhancement_history`` describes."""
    return Enhancement(
        id=row["id"],
        image_id=row["product_image_id"],
        sequence=row["enhancement_sequence"],
        backend=row["enhancement_mode"],
        chain=tuple(row["backend_chain"] or [row["enhancement_mode"]]),
        calls=calls_of(row["backend_calls"]),
        payer=row["payer"],
        task=task_of(row["parameters"]),
        key=row["enhanced_key"],
        status=ProcessingStatus(row["processing_status"]),
        created_at=row["created_at"],
        attempts=row["attempts"],
        lease_until=row["lease_until"],
        lease_owner=row["lease_owner"],
        enhanced=_enhanced_of(row, url=row["enhanced_https_url"]),
        enhanced_width=row["enhanced_width"],
        enhanced_height=row["enhanced_height"],
        enhanced_format=row["enhanced_format"],
        original_size_bytes=row["original_size_bytes"],
        original_quality_score=row["original_quality_score"],
        enhanced_quality_score=row["enhanced_quality_score"],
        faithfulness=row["faithfulness"],
        quality_metadata=row["quality_metadata"],
        size_metadata=row["size_metadata"],
        processing_time_ms=row["processing_time_ms"],
        model_version=row["model_version"],
        models=tuple(Model(**_known(Model, model)) for model in row["models"] or ()),
        versions=row["versions"] or {},
        response_id=row["response_id"],
        steps=tuple(Step(**_known(Step, step)) for step in row["steps"]),
        rules=tuple(Rule(**_known(Rule, rule)) for rule in row["rules"]),
        warnings=tuple(row["warnings"]),
        target_met=row["target_met"],
        failure=row["failure"],
        finished_at=row["finished_at"],
        thumbnail_key=row["thumbnail_key"],
        thumbnail_url=row["thumbnail_url"],
        webhook_url=row["webhook_url"],
    )


def task_of(parameters: Mapping[str, Any]) -> Task:
    task = Task()
    named = {
        "mode": _named(Mode, parameters["mode"]),
        "output_format": _named(Format, parameters["output_format"]),
        "fit": _named(Fit, parameters.get("fit", task.fit)),
    }
    # Not by its constructor, which holds it to today's limits.
    for name, value in (_known(Task, parameters) | named).items():
        object.__setattr__(task, name, value)
    return task


def _known(kind: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Without the fields that only a newer version has."""
    return {name: values[name] for name in fields_dict(kind) if name in values}


def _named(kind: type[E], name: str) -> E:
    """The member of this name; one that only a newer version has stays its mere name."""
    try:
        return kind(name)
    except ValueError:
        return cast("E", name)


def _enhanced_of(row: RowMapping, *, url: str | None) -> StoredObject | None:
    if url is None:
        return None
    return StoredObject(
        key=row["enhanced_key"],
        uri=row["enhanced_s3_url"],
        url=url,
        size_bytes=row["enhanced_size_bytes"],
        sha256=row["enhanced_sha256"],
        media_type=MEDIA_TYPES.get(row["enhanced_format"], UNKNOWN_MEDIA_TYPE),
    )
