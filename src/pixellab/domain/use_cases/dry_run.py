"""What a request would send where, and what it would cost, without doing any of it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import BinaryIO

from attrs import frozen

from pixellab.domain.images import ProductImage
from pixellab.domain.ports import Enhancers, Imaging
from pixellab.domain.requests import Task
from pixellab.domain.results import Estimate
from pixellab.domain.use_cases.asking.budget import Budget, known_cost
from pixellab.domain.use_cases.asking.fallback import MOVES_ON
from pixellab.domain.use_cases.enhance_again import check_kept


@frozen(kw_only=True)
class WouldAsk:
    """A backend of the chain, and what asking it would mean."""

    backend: str
    why_not: str | None = None
    """Why it would not serve, in one sentence; None if nothing speaks against it."""
    estimate: Estimate | None = None
    """What would be sent, and what that would cost; None where nothing leaves this machine."""

    @property
    def serves(self) -> bool:
        return self.why_not is None


@frozen(kw_only=True)
class DryRun:
    """Ask each backend of a chain what it would do. Sends, stores and reserves nothing."""

    imaging: Imaging
    enhancers: Enhancers
    budget: Budget

    def __call__(
        self,
        content: BinaryIO,
        task: Task,
        backend: str | None = None,
        payer: str | None = None,
    ) -> tuple[WouldAsk, ...]:
        """The backends in the order in which they would be asked, until one serves.

        Each is held to the budget as if those before it had been asked and failed. Raises as
        ``Enhancers.choose`` and ``Imaging.open``.
        """
        chain = self.enhancers.choose(task, backend)
        content.seek(0)
        picture = self.imaging.open(content)
        return self._along(chain, picture.width, picture.height, task, payer)

    def again(
        self,
        image: ProductImage,
        task: Task,
        backend: str | None = None,
        payer: str | None = None,
    ) -> tuple[WouldAsk, ...]:
        """The same of a stored original. Also raises InProgress and OriginalNotKept."""
        chain = self.enhancers.choose(task, backend)
        check_kept(image)
        return self._along(chain, image.original_width, image.original_height, task, payer)

    def _along(
        self, chain: Sequence[str], width: int, height: int, task: Task, payer: str | None
    ) -> tuple[WouldAsk, ...]:
        spent = Decimal()
        found = []
        for name in chain:
            each = self._would_ask(name, width, height, task, payer, spent)
            found.append(each)
            if each.serves and each.estimate:
                spent += known_cost(each.estimate.usage) or 0
        return tuple(found)

    def _would_ask(
        self,
        name: str,
        width: int,
        height: int,
        task: Task,
        payer: str | None,
        spent: Decimal,
    ) -> WouldAsk:
        estimate = None
        try:
            enhancer = self.enhancers.get(name, task)
            enhancer.check(width, height, task)
            estimate = enhancer.estimate(width, height, task)
            if estimate:
                self.budget.check(name, estimate, payer, spent)
        except tuple(MOVES_ON) as error:
            return WouldAsk(backend=name, why_not=error.message, estimate=estimate)
        return WouldAsk(backend=name, estimate=estimate)
