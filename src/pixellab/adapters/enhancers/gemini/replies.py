"""What Gemini answers: a picture, or why there is none.

The answer's text is read here and not by the SDK, which warns of values that it does not know and
was reported to hang on them (googleapis/python-genai, issue 2024). Each field may be missing.
"""

from __future__ import annotations

import base64
import binascii

from attrs import evolve
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from pixellab.adapters.enhancers.cloud.vendor_answer import VendorAnswer
from pixellab.domain.errors import BackendFailed, BackendRefused
from pixellab.domain.results import Usage

BLOCKED = {
    "SAFETY",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "RECITATION",
    "LANGUAGE",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
    "MODEL_ARMOR",
    "ESCALATION",
}
"""Finish reasons of google-genai 3.6 by which the service declines; after others it failed."""
LONGEST = 120
"""Characters that are kept of a name or an id, which are Google's to choose; records take 255."""


class _Read(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class _Blob(_Read):
    data: str | None = None


class _Part(_Read):
    thought: bool | None = None
    inline_data: _Blob | None = None


class _Content(_Read):
    parts: list[_Part] | None = None


class _Candidate(_Read):
    content: _Content | None = None
    finish_reason: str | None = None


class _Feedback(_Read):
    block_reason: str | None = None


class _Tokens(_Read):
    prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None


class _Reply(_Read):
    candidates: list[_Candidate] | None = None
    prompt_feedback: _Feedback | None = None
    model_version: str | None = None
    response_id: str | None = None
    usage_metadata: _Tokens | None = None


def read_reply(text: str, model: str, one_picture: Usage) -> VendorAnswer:
    """The picture in an answer of ``model``.

    ``one_picture`` is what a picture costs. Raises BackendRefused where the service declined,
    BackendFailed where it answered without a picture; both with the tokens it counted, which are
    billed at a price that is not known.
    """
    try:
        reply = _Reply.model_validate_json(text)
    except ValidationError as error:
        raise BackendFailed(
            "Gemini answered with something that cannot be read.",
            usage=unknown(one_picture),
            model_version=model,
        ) from error
    usage = _counted(one_picture, reply.usage_metadata)
    version = (reply.model_version or model)[:LONGEST]
    response_id = reply.response_id[:LONGEST] if reply.response_id else None
    candidate = (reply.candidates or [_Candidate()])[0]
    feedback = reply.prompt_feedback or _Feedback()
    if feedback.block_reason or candidate.finish_reason in BLOCKED:
        raise BackendRefused(
            "Gemini's rules do not let it work on this picture.",
            usage=unknown(usage),
            model_version=version,
            response_id=response_id,
        )
    data = _picture(candidate)
    if not data:
        raise BackendFailed(
            "Gemini answered without a picture.",
            usage=unknown(usage),
            model_version=version,
            response_id=response_id,
        )
    return VendorAnswer(data=data, usage=usage, model_version=version, response_id=response_id)


def unknown(usage: Usage) -> Usage:
    """The same call, with no picture that a price could be known for."""
    return evolve(usage, images=None, amount=None, priced_on=None)


def _counted(usage: Usage, tokens: _Tokens | None) -> Usage:
    if tokens is None:
        return usage
    drawn = (tokens.candidates_token_count, tokens.thoughts_token_count)
    output = None if drawn == (None, None) else sum(filter(None, drawn))
    return evolve(usage, input_tokens=tokens.prompt_token_count, output_tokens=output)


def _picture(candidate: _Candidate) -> bytes:
    """The last picture that is not a thought: a model that thinks draws drafts first."""
    parts = candidate.content.parts if candidate.content else None
    for part in reversed(parts or []):
        if not part.thought and part.inline_data and part.inline_data.data:
            # Both of base64's alphabets are allowed in Protocol Buffers' JSON.
            standard = part.inline_data.data.translate(str.maketrans("-_", "+/"))
            try:
                return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
            except binascii.Error:
                return b""
    return b""
