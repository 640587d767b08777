"""Records for the contracts to store."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from attrs import evolve

from pixellab.domain.images import (
    Enhancement,
    ProcessingStatus,
    ProductImage,
    Status,
    StoredObject,
    enhanced_key,
    original_key,
)
from pixellab.domain.requests import Mode, Task
from pixellab.domain.requests.framing import Fit
from pixellab.domain.results import BackendCall, CallOutcome, Fidelity, Model, Rule, Step, Usage

NOON = datetime(2026, 11, 1, 12, 0, 0, 123457, UTC)
MINUTE = timedelta(minutes=1)
MICROSECOND = timedelta(microseconds=1)


def make_image(number: int, **changes: Any) -> ProductImage:
    """The record of a new upload; images of different numbers share nothing that is unique."""
    image_id = str(UUID(int=(number * 0x9E3779B97F4A7C15 << 64) % (1 << 128) | number))
    digits = image_id[:8]
    key = original_key("uploads/original", digits, "photo.jpg")
    image = ProductImage(
        id=image_id,
        sku_id=f"upload_{digits}",
        key_digits=digits,
        filename="photo.jpg",
        status=Status.PENDING,
        backend="LOCAL",
        mode=Mode.AUTO,
        original=StoredObject(
            key=key,
            uri=f"memory://pixellab/{key}",
            url=f"https://cdn.example/{key}",
            size_bytes=5_000_000_000,
            sha256=hashlib.sha256(key.encode()).hexdigest(),
            media_type="image/jpeg",
        ),
        original_kept=True,
        original_width=4000,
        original_height=3000,
        original_format="JPEG",
        created_at=NOON,
        updated_at=NOON,
    )
    return evolve(image, **changes)


def make_enhancement(image: ProductImage, sequence: int = 1) -> Enhancement:
    """A reserved enhancement that nobody has leased."""
    task = Task(
        mode=Mode.STANDARDIZE,
        target_size_kb=500,
        scale=3,
        profile="amazon",
        background="#f2f2f2",
        keep_shadow=True,
        white_at="0.25,0.5",
        without="denoise,sharpen",
        width=1200,
        height=900,
        fit=Fit.PAD,
        padding="5%",
        product_box="0.1,0.2,0.9,0.8",
        product_at="0.5,0.25;0.5,0.75",
        background_at="0.1,0.9",
    )
    return Enhancement(
        id=str(UUID(int=UUID(image.id).int ^ sequence << 96)),
        image_id=image.id,
        sequence=sequence,
        backend="FIRST",
        chain=("FIRST", "LOCAL"),
        task=task,
        key=_key(image, sequence, task),
        status=ProcessingStatus.PROCESSING,
        created_at=image.created_at,
        payer="9f86d081884c7d65",
        original_size_bytes=image.original.size_bytes,
    )


def make_calls(enhancement: Enhancement) -> tuple[BackendCall, ...]:
    """One that was paid for in vain, one of unknown price, one that costs nothing."""
    failed = BackendCall(
        backend="FIRST",
        outcome=CallOutcome.TIMED_OUT,
        why="FIRST did not answer in time.",
        attempt=enhancement.attempt_key,
        response_id="r-0",
        usage=Usage(
            requests=2,
            input_tokens=1290,
            output_tokens=0,
            images=1,
            amount=Decimal("0.0340000001"),
            currency="EUR",
            priced_on=NOON.date(),
        ),
    )
    changed = Fidelity(figures={"colour_p95": 4.25}, objections=("Its hue turned by 8 degrees.",))
    unknown = evolve(
        failed,
        outcome=CallOutcome.FAILED,
        usage=Usage(),
        response_id=None,
        fidelity=changed,
        under_way=True,
    )
    served = BackendCall(backend="LOCAL", outcome=CallOutcome.SERVED, model_version="pipeline-1")
    return failed, unknown, served


def make_completed(claimed: Enhancement) -> Enhancement:
    """``claimed`` with a result in every field."""
    return evolve(
        claimed,
        status=ProcessingStatus.COMPLETED,
        backend="LOCAL",
        calls=make_calls(claimed),
        enhanced=StoredObject(
            key=claimed.key,
            uri=f"memory://pixellab/{claimed.key}",
            url=f"https://cdn.example/{claimed.key}",
            size_bytes=425_300,
            sha256=hashlib.sha256(claimed.key.encode()).hexdigest(),
            media_type="image/jpeg",
        ),
        enhanced_width=2000,
        enhanced_height=1500,
        enhanced_format="JPEG",
        original_quality_score=85.5,
        enhanced_quality_score=100 / 3,
        faithfulness=200 / 3,
        quality_metadata={"original_blur": 0.1, "improvement_percent": None, "nested": {"a": [1]}},
        size_metadata={"original_size_kb": 850.5, "reduction_percent": -3.5},
        processing_time_ms=3456,
        model_version="pipeline-1",
        models=(Model("u2netp", "ab" * 32), Model("own network", "01" * 32)),
        versions={"pixellab-enhance": "1.2.3", "numpy": "2.4.6"},
        response_id="r-1",
        steps=(
            Step(name="denoise", applied=True, why="Noise was measured.", figures={"sigma": 7.25}),
            Step(name="sharpen", applied=False, why="It is sharp: ß 😀."),
        ),
        rules=(Rule(name="size", required="≤ 1", measured="2", passed=False, official=True),),
        warnings=("First frame only.", "Second."),
        target_met=False,
        finished_at=NOON + 2 * MINUTE + MICROSECOND,
    )


def _key(image: ProductImage, sequence: int, task: Task) -> str:
    return enhanced_key(
        "uploads/enhanced", image.key_digits, sequence, image.filename, task.output_format
    )


def make_failed(claimed: Enhancement) -> Enhancement:
    """``claimed`` with a reason why it failed."""
    return evolve(
        claimed,
        status=ProcessingStatus.FAILED,
        failure="The backend took the picture and failed.",
        finished_at=NOON + 3 * MINUTE,
    )
