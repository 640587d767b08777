"""What services ask for a picture: dated lists, and the prices a user was quoted."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from importlib.resources import files

from attrs import field, frozen

from pixellab.domain.results import Usage


@frozen(kw_only=True)
class PriceList:
    """Prices of one service by what is bought, such as ``model at 2K``."""

    currency: str
    priced_on: date | None
    source: str
    """Where the prices were read, for whoever checks them."""
    amounts: Mapping[str, Decimal]
    own: Mapping[str, Decimal] = field(factory=dict)
    """What a user was quoted, on no date that is known here; comes before ``amounts``."""

    def usage(
        self,
        item: str,
        *,
        images: int = 1,
        requests: int = 1,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
    ) -> Usage:
        """A Usage with the price of ``images`` of ``item``; not known if the list has none."""
        quoted = self.own.get(item)
        price = self.amounts.get(item) if quoted is None else quoted
        return Usage(
            requests=requests,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            images=images,
            amount=None if price is None else price * images,
            currency=self.currency,
            priced_on=self.priced_on if quoted is None and price is not None else None,
        )


def read_prices(package: str, own: Mapping[str, Decimal] | None = None) -> PriceList:
    """The list ``prices.toml`` in ``package``; ``own`` prices, which a user was quoted, come first.

    The file has ``currency``, ``priced_on``, ``source`` and a table ``amounts`` with amounts as
    text.
    """
    values = tomllib.loads(files(package).joinpath("prices.toml").read_text())
    amounts = {item: Decimal(text) for item, text in values["amounts"].items()}
    return PriceList(
        currency=values["currency"],
        priced_on=values.get("priced_on"),
        source=values["source"],
        amounts=amounts,
        own=dict(own or {}),
    )
