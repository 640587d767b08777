"""What backends answer: the picture and what was done to it, what that used, and what it cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum

from attrs import field, frozen

from pixellab.domain.pictures import BYTES_PER_KB, Effort, EncodedImage, Picture, SourceFile
from pixellab.domain.requests.framing import Layout, Shares


class CallOutcome(StrEnum):
    """How asking one backend ended."""

    SERVED = "served"
    UNAVAILABLE = "unavailable"
    REFUSED = "refused"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    OVER_BUDGET = "over_budget"
    """It would have cost too much, so nothing was sent."""
    ASKED = "asked"
    """It is being asked, and will have to be paid; its usage is still the estimated one."""
    UNKNOWN = "unknown"
    """It was asked, but whoever asked was cut off before the answer came."""


@frozen(kw_only=True)
class Usage:
    """What a paid backend used for one enhancement, and what it asks for that."""

    requests: int = 1
    """How many requests were sent to it, repeated ones included."""
    input_tokens: int | None = None
    output_tokens: int | None = None
    images: int | None = None
    amount: Decimal | None = None
    """In units of ``currency``; None where the price is not known."""
    currency: str = "USD"
    """ISO 4217."""
    priced_on: date | None = None
    """The date of the price list that ``amount`` follows."""


@frozen(kw_only=True)
class Estimate:
    """What a backend would send to a service for one enhancement, and what that would cost."""

    service: str
    """Who gets it, and where: ``Google Gemini API, generativelanguage.googleapis.com``."""
    model: str
    sends: str
    """What leaves this machine, in words: ``the photo, scaled to 2048 x 1536, as PNG``."""
    usage: Usage
    """What would be used; its ``amount`` is None where the price is not known."""


@frozen(kw_only=True)
class Fidelity:
    """How well a picture that a model drew keeps the product that was photographed."""

    figures: Mapping[str, float]
    """What was measured, by name; ``fidelity`` documents each with its unit."""
    objections: tuple[str, ...] = ()
    """What is not as it was, in sentences that may be shown to anyone; empty where it passed."""
    text_checked: bool = False
    """Whether the text on the product was read and compared."""

    @property
    def passed(self) -> bool:
        return not self.objections


@frozen(kw_only=True)
class Step:
    """One thing a backend did, or decided not to do, and why, in words a seller understands."""

    name: str
    applied: bool
    why: str
    figures: Mapping[str, float] = field(factory=dict)


@frozen(kw_only=True)
class Rule:
    """One line of a marketplace's rules, held against the result."""

    name: str
    required: str
    measured: str
    passed: bool
    official: bool
    """True where the marketplace itself says so, False for a second-hand source."""


@frozen(kw_only=True)
class FileRules:
    """What a marketplace asks of the finished file."""

    max_bytes: int
    max_bytes_official: bool
    formats: tuple[str, ...]
    formats_official: bool

    def check(self, encoded: EncodedImage) -> tuple[Rule, ...]:
        """The two rules on the file: its size and its format."""
        size = Rule(
            name="file_size",
            required=f"at most {self.max_bytes / BYTES_PER_KB:.0f} KB",
            measured=f"{encoded.size_bytes / BYTES_PER_KB:.1f} KB",
            passed=encoded.size_bytes <= self.max_bytes,
            official=self.max_bytes_official,
        )
        kind = Rule(
            name="format",
            required=" or ".join(self.formats),
            measured=encoded.format,
            passed=encoded.format in self.formats,
            official=self.formats_official,
        )
        return (size, kind)


@frozen
class Model:
    """A network that was used, by the file that it is in."""

    name: str
    sha256: str
    """Hexadecimal, of the file's bytes."""

    def __str__(self) -> str:
        return self.name


@frozen(kw_only=True, eq=False)
class Enhanced:
    """What a backend answers."""

    picture: Picture
    backend: str
    steps: tuple[Step, ...] = ()
    rules: tuple[Rule, ...] = ()
    """Rules on the pixels, already checked (STANDARDIZE)."""
    file_rules: FileRules | None = None
    """Rules on the file, to be kept and checked by whoever encodes it."""
    product: Shares | None = None
    """Where the product was found, if the pixels themselves do not show it."""
    measure_again: Callable[[Picture, Layout], tuple[Rule, ...]] | None = None
    """``rules`` on the picture once it is laid out otherwise; None where there are none."""
    effort: Effort = Effort.FAITHFUL
    warnings: tuple[str, ...] = ()
    model_version: str | None = None
    models: tuple[Model, ...] = ()
    """The networks that had a part in it, those of this machine."""
    response_id: str | None = None
    usage: Usage | None = None
    """What it used, if that has to be paid."""
    fidelity: Fidelity | None = None
    """How it was held against the photo, where a model drew it."""
    drawn: SourceFile | None = None
    """The file that a service drew, from which ``picture`` was made; content credentials name
    it, with those that it carries itself."""


@frozen(kw_only=True)
class BackendCall:
    """One backend that was asked to enhance a picture, and how that ended."""

    backend: str
    outcome: CallOutcome
    why: str | None = None
    """Why it did not serve, in one sentence that may be shown to anyone."""
    attempt: str | None = None
    """The attempt key that it was given."""
    usage: Usage | None = None
    """None where nothing has to be paid."""
    model_version: str | None = None
    response_id: str | None = None
    fidelity: Fidelity | None = None
    """How its picture was held against the photo, also where that was then discarded."""
    under_way: bool = False
    """Whether the attempt that asked has not ended. A later attempt that finds it so knows that the
    earlier one was cut off."""


def with_call(calls: Sequence[BackendCall], call: BackendCall) -> tuple[BackendCall, ...]:
    """``calls`` and ``call``, which takes the place of its own announcement (ASKED) at the end."""
    announced = bool(calls) and calls[-1].outcome is CallOutcome.ASKED
    return (*(calls[:-1] if announced else calls), call)


@frozen
class Cost:
    """A sum of money; ``amount`` is None where it is not known."""

    amount: Decimal | None
    currency: str

    def __str__(self) -> str:
        return "unknown" if self.amount is None else f"{self.amount} {self.currency}"


def cost_of(calls: Iterable[BackendCall]) -> Cost | None:
    """What calls cost together; None where none of them has to be paid.

    Not known where one of the prices is not, or where they are in several currencies.
    """
    paid = [call.usage for call in calls if call.usage]
    if not paid:
        return None
    amounts = [usage.amount for usage in paid if usage.amount is not None]
    one_currency = len({usage.currency for usage in paid}) == 1
    known = one_currency and len(amounts) == len(paid)
    return Cost(sum(amounts, Decimal()) if known else None, paid[0].currency)
