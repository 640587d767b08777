"""Who makes pictures better."""

from __future__ import annotations

from typing import Protocol

from pixellab.domain.pictures import Enhanced, Mode, Picture, Task


class Enhancer(Protocol):
    """Makes a picture better in the modes it knows."""

    name: str
    """The backend's name in upper case: LOCAL, GEMINI, BEDROCK, a plug-in's own."""
    modes: frozenset[Mode]

    def check(self, width: int, height: int, task: Task) -> None:
        """Raise BackendRefused if a picture of that size is certain to be refused.

        Asked before anything is stored. An enhancer that cannot tell leaves this as it is.
        """
        return

    def enhance(self, picture: Picture, task: Task) -> Enhanced:
        """Do ``task.mode``. The same input gives the same answer where ``name`` is LOCAL.

        Raises BackendRefused (a mode or picture it will not do), BackendFailed,
        BackendUnavailable, BackendTimeout.
        """


class Enhancers(Protocol):
    """The backends there are, and which one serves a mode by default."""

    def choose(self, task: Task, backend: str | None) -> Enhancer:
        """The named backend, or the routed one if None.

        Raises InvalidRequest for an unknown backend or profile, BackendUnavailable for a backend
        that is not configured, BackendRefused if it does not do the mode.
        """

    def names(self) -> tuple[str, ...]:
        """Names of the backends that can be chosen."""
