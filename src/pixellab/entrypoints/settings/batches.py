"""Batches: how many lines may wait, and which objects of the store they may name."""

from __future__ import annotations

from pydantic import BaseModel

from pixellab.entrypoints.settings.variables import variable

OFF = "off"


class BatchSettings(BaseModel):
    batch_limit: int = variable(
        "PIXELLAB_BATCH_LIMIT",
        1_000_000,
        "a whole number from 1 to 100000000",
        ge=1,
        le=100_000_000,
    )
    batch_prefix: str = variable(
        "PIXELLAB_BATCH_PREFIX",
        "incoming/",
        "off, or how the keys begin that batches may name, with a slash at its end",
        pattern=rf"^(?:{OFF}|[A-Za-z0-9_-][A-Za-z0-9_./-]*/)$",
    )

    @property
    def source_prefix(self) -> str | None:
        """How keys must begin that clients name; None where they may name none."""
        return None if self.batch_prefix == OFF else self.batch_prefix
