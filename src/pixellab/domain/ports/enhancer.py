"""Who makes pictures better."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

from pixellab.domain.findings import Finding
from pixellab.domain.pictures import Picture, QualityReport
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import Enhanced, Estimate


class Enhancer(Protocol):
    """Makes a picture better in the modes it knows."""

    name: str
    """The backend's name in upper case: LOCAL, GEMINI, BEDROCK, a plug-in's own."""
    modes: frozenset[Mode]
    takes_several: bool = False
    """Whether it does several modes in one task, one after the other; else tasks name one."""
    waits: bool = False
    """Whether it mostly waits for a service elsewhere, so that its calls need not share the
    processors' threads."""

    def check(self, width: int, height: int, task: Task) -> None:
        """Raise BackendRefused if a picture of that size is certain to be refused.

        Asked before anything is stored. An enhancer that cannot tell leaves this as it is.
        """
        return

    def estimate(self, width: int, height: int, task: Task) -> Estimate | None:
        """What would be sent to a service for a picture of that size, and what it would cost.

        Asks nobody. None where the picture stays on this machine, as without an answer of its own.
        One that reports ``usage`` gives an estimate, by which caps hold it, and by which the record
        knows of its call before it is made. Raises as ``check``.
        """
        return None

    def enhance(
        self,
        picture: Picture,
        task: Task,
        report: QualityReport | None = None,
        *,
        attempt: str | None = None,
    ) -> Enhanced:
        """Do ``task.mode``. The same input gives the same answer where ``name`` is LOCAL.

        ``report`` is what ``Imaging.assess`` says of ``picture``, for those that would else measure
        the same again; a caller need not have one, and an enhancer need not look at it.

        ``attempt`` is a UUID as text that is the same on every repetition of one attempt, for
        services that bill a repeated request once; None where nothing is recorded.

        Raises BackendRefused (a mode or picture it will not do), BackendFailed,
        BackendUnavailable, BackendTimeout.
        """

    def diagnose(self) -> list[Finding]:
        """What the backend needs, and whether it is there; enhances nothing.

        For whoever runs PixelLab. What is wrong is a finding with advice, not an error. A backend
        that needs nothing leaves this as it is.
        """
        return []


@frozen
class Folders:
    """What the keys of a backend's objects begin with, without a slash at the end."""

    original: str
    enhanced: str


class Enhancers(Protocol):
    """The backends there are, and which one serves a mode by default."""

    def choose(self, task: Task, backend: str | None) -> tuple[str, ...]:
        """The names of the backends to ask in turn: the named one alone, or the routed chain.

        Raises InvalidRequest for an unknown backend or profile, and, where ``get`` would give none
        of them, the error that it raises for the last one.
        """

    def get(self, name: str, task: Task) -> Enhancer:
        """The backend of this name, in any letter case.

        Raises InvalidRequest for an unknown one, BackendUnavailable for one that is not configured
        or cannot be loaded, BackendRefused if it does not do the mode.
        """

    def folders(self, name: str) -> Folders:
        """Where objects of this backend are kept. Asks nobody, and never fails."""

    def names(self) -> tuple[str, ...]:
        """Names of the backends that can be chosen."""

    def diagnose(self) -> list[Finding]:
        """Which backends there are, what each finds of itself, and which modes have none."""
