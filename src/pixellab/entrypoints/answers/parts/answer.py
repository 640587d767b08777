"""What all answers are: frozen, and the same JSON at every entry point.

An answer stands below those it is made of: OpenAPI leaves out a field whose class is not there yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


def dump(answer: Answer) -> Mapping[str, Any]:
    """The answer as plain JSON values."""
    return answer.model_dump(mode="json", by_alias=True)
