"""What paid backends may cost."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pydantic import BaseModel, SecretStr

from pixellab.entrypoints.settings.variables import variable

MOST = 1_000_000
AMOUNT = f"an amount in US dollars such as 0.25, 0 to {MOST}"


class BudgetSettings(BaseModel):
    cost_cap_request: Decimal | None = variable(
        "PIXELLAB_COST_CAP_REQUEST", None, AMOUNT, ge=0, le=MOST
    )
    cost_cap_day: Decimal | None = variable("PIXELLAB_COST_CAP_DAY", None, AMOUNT, ge=0, le=MOST)
    cost_cap_key_day: Decimal | None = variable(
        "PIXELLAB_COST_CAP_KEY_DAY", None, AMOUNT, ge=0, le=MOST
    )


def budget_contradictions(settings: BudgetSettings, api_keys: SecretStr) -> Iterator[str]:
    """What is wrong with values each of which is allowed."""
    if settings.cost_cap_key_day is not None and not api_keys.get_secret_value().strip():
        yield (
            "PIXELLAB_COST_CAP_KEY_DAY is set, but PIXELLAB_API_KEYS names no key; "
            "PIXELLAB_COST_CAP_DAY limits all requests together."
        )
