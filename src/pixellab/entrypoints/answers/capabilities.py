"""What an installation can do, for pages that offer it."""

from __future__ import annotations

from pixellab.adapters.enhancers.routing import CONTRACT_NAMES
from pixellab.adapters.marketplaces.profiles import find_profile, profile_names
from pixellab.domain.errors import BackendRefused, PixelLabError
from pixellab.domain.formats import Format
from pixellab.domain.ports import Enhancer, Enhancers
from pixellab.domain.requests import Mode, Task
from pixellab.domain.requests.modes import optional_steps
from pixellab.domain.requests.tasks import MAX_SCALE, MAX_TARGET_KB, MIN_SCALE, MIN_TARGET_KB
from pixellab.domain.results import Cost
from pixellab.entrypoints.answers.parts.answer import Answer

MEGAPIXEL = (1000, 1000)
"""Width and height of the photo whose price is told."""


class BackendAnswer(Answer):
    """A backend, and whether it can be asked for here."""

    name: str
    available: bool
    why_not: str | None
    modes: list[str]
    sends_photos_away: bool
    """Whether a service on another machine gets the photos."""
    prices: dict[str, str | None]
    """By mode, what a photo of one megapixel costs, such as 0.04 USD; "unknown" where that is not
    known, None where the photo stays on this machine."""

    @classmethod
    def of(cls, name: str, enhancers: Enhancers) -> BackendAnswer:
        prices: dict[str, str | None] = {}
        why_not, away = None, False
        for mode in Mode:
            task = Task(mode=mode)
            try:
                enhancer = enhancers.get(name, task)
                prices[str(mode)] = _price(enhancer, task)
                away = enhancer.waits
            except BackendRefused:
                continue
            except PixelLabError as error:
                why_not = error.message
                break
        return cls(
            name=name,
            available=why_not is None,
            why_not=why_not,
            modes=[*prices],
            sends_photos_away=away,
            prices=prices,
        )


def _price(enhancer: Enhancer, task: Task) -> str | None:
    estimate = enhancer.estimate(*MEGAPIXEL, task)
    if estimate is None:
        return None
    return str(Cost(estimate.usage.amount, estimate.usage.currency))


class ProfileAnswer(Answer):
    """A marketplace whose rules can be followed."""

    name: str
    title: str
    output_formats: list[str]
    """Of those that can be written, the ones that it takes."""

    @classmethod
    def of(cls, name: str) -> ProfileAnswer:
        profile = find_profile(name)
        formats = [str(each) for each in Format if each in profile.file_rules.formats]
        return cls(name=name, title=profile.name, output_formats=formats)


class CapabilitiesAnswer(Answer):
    """Modes, backends, marketplaces, formats and limits."""

    modes: list[str]
    backends: list[BackendAnswer]
    profiles: list[ProfileAnswer]
    output_formats: list[str]
    max_upload_mb: float
    target_size_kb: tuple[int, int]
    """The least and the most that can be asked for."""
    scale: tuple[int, int]
    optional_steps: dict[str, list[str]]
    """By mode, the steps that can be left out of it (``without``)."""

    @classmethod
    def of(cls, enhancers: Enhancers, max_upload_mb: float) -> CapabilitiesAnswer:
        """May load every backend, which takes a while the first time."""
        names = dict.fromkeys((*enhancers.names(), *CONTRACT_NAMES))
        return cls(
            modes=[*map(str, Mode)],
            backends=[BackendAnswer.of(name, enhancers) for name in names],
            profiles=[ProfileAnswer.of(name) for name in profile_names()],
            output_formats=[*map(str, Format)],
            max_upload_mb=max_upload_mb,
            target_size_kb=(MIN_TARGET_KB, MAX_TARGET_KB),
            scale=(MIN_SCALE, MAX_SCALE),
            optional_steps={str(mode): list(optional_steps(mode)) for mode in Mode},
        )
