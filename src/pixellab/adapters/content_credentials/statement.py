"""What content credentials say: which tool, what it did, and what is left out of older ones."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import c2pa

from pixellab.domain.formats import MEDIA_TYPES
from pixellab.domain.pictures import EncodedImage, SourceFile
from pixellab.domain.results import Enhanced, Step

SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
"""IPTC NewsCodes, vocabulary Digital Source Type."""
BY_ALGORITHM = "algorithmicallyEnhanced"
"""Its term for what a backend does that draws nothing."""
ACTIONS: Mapping[str, str] = {
    "light": "c2pa.adjustedColor",
    "deblock": "c2pa.enhanced",
    "denoise": "c2pa.enhanced",
    "sharpen": "c2pa.enhanced",
    "upscale": "c2pa.resized",
    "size": "c2pa.resized",
}
"""The actions (C2PA 2.2, 18.15.1) of LOCAL's steps and of sizing; every other step is an edit."""
EDITED = "c2pa.edited"
KEPT = (
    *("c2pa.actions", "c2pa.hash.", "c2pa.ingredient", "c2pa.soft-binding"),
    *("c2pa.training-mining", "cawg.training-mining"),
)
"""Assertions, by how their labels begin, that older credentials keep: what was done, what they are
of, and what nobody may do with it. The others may hold a position, a camera, a face: what PixelLab
drops from files as well."""
DRAWN = "drawn"
"""Names a service's file inside the statement."""


def statement(
    encoded: EncodedImage,
    photo: SourceFile,
    enhanced: Enhanced,
    *,
    version: str,
    redacted: Sequence[str],
    named: Iterable[SourceFile],
) -> dict[str, Any]:
    """The manifest's definition, as ``c2pa.Builder`` takes it.

    ``redacted`` are the addresses of what older credentials do not keep; ``named`` the files
    that are ingredients by their names and hashes alone.
    """
    actions = [*_redactions(redacted), *_done(photo, enhanced), _written(encoded, photo)]
    return {
        "claim_generator_info": [{"name": "PixelLab", "version": version}],
        "redactions": [*redacted],
        "ingredients": [
            {**ingredient(file, photo), "format": MEDIA_TYPES[file.format]} for file in named
        ],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}}],
    }


def ingredient(file: SourceFile, photo: SourceFile) -> dict[str, Any]:
    """What is said of a file that the result was made of; the hash tells which it was."""
    sha256 = hashlib.sha256(file.data).hexdigest()
    if file is photo:
        return {
            "title": "original",
            "relationship": "parentOf",
            "description": f"The photo as it came, SHA-256 {sha256}",
        }
    return {
        "title": DRAWN,
        "label": DRAWN,
        "relationship": "componentOf",
        "description": f"What a service drew of the photo, SHA-256 {sha256}",
    }


def beyond_what_is_kept(file: SourceFile, context: c2pa.Context) -> list[str] | None:
    """Addresses of the assertions in the file's own credentials that are not KEPT.

    None where it has credentials that cannot be read, or is of a format that cannot have any.
    """
    try:
        reader = c2pa.Reader.try_create(
            MEDIA_TYPES[file.format], io.BytesIO(file.data), context=context
        )
        if reader is None:
            return []
        with reader:
            manifests = json.loads(reader.detailed_json())["manifests"]
    except (c2pa.C2paError, ValueError, KeyError):
        return None
    return [
        f"self#jumbf=/c2pa/{label}/c2pa.assertions/{assertion}"
        for label, manifest in manifests.items()
        for assertion in manifest["assertion_store"]
        if not assertion.startswith(KEPT)
    ]


def _redactions(addresses: Iterable[str]) -> list[dict[str, Any]]:
    return [
        {
            "action": "c2pa.redacted",
            "reason": "c2pa.PII.present",
            "parameters": {"redacted": address},
        }
        for address in addresses
    ]


def _done(photo: SourceFile, enhanced: Enhanced) -> list[dict[str, Any]]:
    done = [step for step in enhanced.steps if step.applied]
    term = enhanced.picture.metadata.digital_source_type
    if enhanced.drawn is None and term == photo.digital_source_type:
        return [_action(step, enhanced, BY_ALGORITHM) for step in done]
    drawing: dict[str, Any] = {
        "action": EDITED,
        "description": "Drawn by a model.",
        "softwareAgent": {"name": enhanced.model_version or enhanced.backend},
    }
    if enhanced.drawn is not None:
        drawing |= {"action": "c2pa.placed", "parameters": {"ingredientIds": [DRAWN]}}
    if term is not None:
        drawing["digitalSourceType"] = SOURCE_TYPES + term
    # Which of the steps drew is not known here, and less than was drawn must not be said.
    return [drawing, *(_action(step, enhanced, term or BY_ALGORITHM) for step in done)]


def _action(step: Step, enhanced: Enhanced, source_type: str) -> dict[str, Any]:
    return {
        "action": ACTIONS.get(step.name, EDITED),
        "description": step.why,
        "softwareAgent": {"name": enhanced.backend},
        "digitalSourceType": SOURCE_TYPES + source_type,
    }


def _written(encoded: EncodedImage, photo: SourceFile) -> dict[str, Any]:
    return {"action": "c2pa.transcoded" if encoded.format == photo.format else "c2pa.converted"}
