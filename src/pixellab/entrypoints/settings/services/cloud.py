"""What backends that ask a paid service share."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from pydantic import BaseModel, field_validator

from pixellab.entrypoints.settings.variables import listed, variable

CALLS = 2
"""How many calls in a row an enhancement may take: FULL has a photo enlarged and cut out."""
LONGEST_TIMEOUT = 240
"""Seconds: so many calls end within an attempt's lease of 10 minutes."""


class CloudSettings(BaseModel):
    cloud_timeout: float = variable(
        "PIXELLAB_CLOUD_TIMEOUT", 180, f"seconds, 1 to {LONGEST_TIMEOUT}", ge=1, le=LONGEST_TIMEOUT
    )
    prices: str = variable(
        "PIXELLAB_PRICES",
        "",
        "a comma-separated list of ITEM=AMOUNT, an item being what pixellab doctor calls it and an "
        "amount a number of dollars, 0 or more",
    )

    @field_validator("prices")
    @classmethod
    def _prices(cls, value: str) -> str:
        _parse_prices(value)
        return value

    @property
    def cloud_seconds(self) -> float:
        """How long a service may take for one enhancement."""
        return CALLS * self.cloud_timeout

    @property
    def own_prices(self) -> dict[str, Decimal]:
        """What the user was quoted, by item, in US dollars."""
        return _parse_prices(self.prices)


def _parse_prices(value: str) -> dict[str, Decimal]:
    prices = {}
    for part in listed(value):
        item, found, amount = part.rpartition("=")
        try:
            price = Decimal(amount.strip())
        except InvalidOperation:
            raise ValueError("not an amount") from None
        if not found or not item.strip() or not price.is_finite() or price < 0:
            raise ValueError("not ITEM=AMOUNT")
        prices[item.strip()] = price
    return prices
