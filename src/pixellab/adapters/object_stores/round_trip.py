"""Tries a store out: writes, reads and deletes an object."""

from __future__ import annotations

import io
from uuid import uuid4

from pixellab.domain.errors import PixelLabError, StoreUnavailable
from pixellab.domain.findings import Finding, fine, problem
from pixellab.domain.ports import ObjectStore

DATA = b"PixelLab was here."


def throw_away_key() -> str:
    """A key that no photo has."""
    return f"doctor/{uuid4()}.bin"


def put_data(store: ObjectStore, key: str) -> None:
    store.put(key, io.BytesIO(DATA), media_type="application/octet-stream", filename="doctor.bin")


def get_data(store: ObjectStore, key: str) -> None:
    """Raises StoreUnavailable where the store gives something else."""
    with store.open(key) as content:
        if content.read() != DATA:
            raise StoreUnavailable("The object store gave other bytes than it was given.")


def round_trip(store: ObjectStore, advice: str) -> Finding:
    """What came of it, with ``advice`` where it failed; the object is gone afterwards."""
    key = throw_away_key()
    try:
        put_data(store, key)
        try:
            get_data(store, key)
        finally:
            store.delete(key)
    except PixelLabError as error:
        return problem("object store", error.message, advice)
    return fine("object store", f"{store.name}: wrote, read and deleted an object")
