"""What all backends take that ask a service elsewhere."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from pydantic import BaseModel, field_validator

from pixellab.entrypoints.settings.variables import listed, variable


class CloudSettings(BaseModel):
    cloud_timeout: float = variable(
        "PIXELLAB_CLOUD_TIMEOUT",
        180,
        "seconds, 1 to 540: a backend has to answer within the 10 minutes for which work is leased",
        ge=1,
        le=540,
    )
    prices: str = variable(
        "PIXELLAB_PRICES",
        "",
        "a comma-separated list of ITEM=AMOUNT, such as gemini-3-pro-image at 2K=0.134",
    )

    @field_validator("prices")
    @classmethod
    def _prices(cls, value: str) -> str:
        _parse_prices(value)
        return value

    @property
    def own_prices(self) -> dict[str, Decimal]:
        """What the user was quoted for each item, in the currency of the service's list."""
        return _parse_prices(self.prices)


def _parse_prices(value: str) -> dict[str, Decimal]:
    table = {}
    for part in listed(value):
        item, _, text = (each.strip() for each in part.rpartition("="))
        try:
            amount = Decimal(text)
        except InvalidOperation:
            raise ValueError("not an amount") from None
        if not item or not amount.is_finite() or amount < 0:
            raise ValueError("not ITEM=AMOUNT")
        table[item] = amount
    return table
