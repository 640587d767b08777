"""Which backends serve which mode, in which order, and where their objects are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from threading import Lock

from pixellab.adapters.marketplaces.profiles import find_profile
from pixellab.domain.errors import (
    BackendRefused,
    BackendUnavailable,
    InvalidRequest,
    PixelLabError,
)
from pixellab.domain.findings import Finding, fine, problem, warning
from pixellab.domain.ports import Enhancer, Enhancers, Folders
from pixellab.domain.requests import Mode, Task
from pixellab.domain.requests.modes import in_turn
from pixellab.domain.use_cases.asking.fallback import MOVES_ON

CONTRACT_NAMES = ("LOCAL", "GEMINI", "BEDROCK")

FOLDERS: Mapping[str, Folders] = {"GEMINI": Folders("originals", "enhanced")}
OTHERS = Folders("uploads/original", "uploads/enhanced")
"""The folders of every backend that ``FOLDERS`` does not name."""


class RoutedEnhancers(Enhancers):
    """Backends by name, each made when it is first asked for, and a routing table.

    ``factories`` maps a name in upper case to a callable that makes the enhancer; ``routes`` maps
    every mode to the names to ask in turn.
    """

    def __init__(
        self,
        factories: Mapping[str, Callable[[], Enhancer]],
        routes: Mapping[Mode, tuple[str, ...]],
    ) -> None:
        self._factories = dict(factories)
        self._routes = dict(routes)
        self._made: dict[str, Enhancer] = {}
        self._lock = Lock()

    def choose(self, task: Task, backend: str | None) -> tuple[str, ...]:
        # Whoever is chosen: a profile that does not exist is refused before anything is stored.
        find_profile(task.profile)
        chain = (backend.strip().upper(),) if backend else self._route(task.mode)
        *others, last = chain
        if not any(self._serves(name, task) for name in others):
            self.get(last, task)
        return chain

    def get(self, name: str, task: Task) -> Enhancer:
        enhancer = self._named(name.strip().upper())
        if _does(enhancer, task.mode):
            return enhancer
        able = ", ".join(sorted(enhancer.modes))
        if {*in_turn(task.mode)} <= enhancer.modes:
            able = "one mode at a time"
        others = ", ".join(self._able(task.mode))
        instead = f", and {task.mode} is done by {others}" if others else ""
        raise BackendRefused(f"{enhancer.name} does not do {task.mode}; it does {able}{instead}.")

    def folders(self, name: str) -> Folders:
        return FOLDERS.get(name, OTHERS)

    def names(self) -> tuple[str, ...]:
        return tuple(self._factories)

    def diagnose(self) -> list[Finding]:
        findings = [fine("backends", f"installed: {', '.join(self.names())}")]
        for mode in Mode:
            try:
                self.choose(Task(mode=mode), None)
            except PixelLabError as error:
                advice = (
                    f"Route {mode} to another backend in PIXELLAB_ROUTES, or configure this one."
                )
                findings.append(problem(f"route of {mode}", error.message, advice))
        for name in self.names():
            try:
                findings += self._named(name).diagnose()
            except PixelLabError as error:
                advice = "Whoever asks for it is refused; configure it, or uninstall it."
                findings.append(warning(f"backend {name}", _with_its_cause(error), advice))
            except Exception as error:
                found = f"its diagnosis failed. {_said_by(error)}"
                findings.append(warning(f"backend {name}", found, "Tell its author."))
        return findings

    def _route(self, mode: Mode) -> tuple[str, ...]:
        """The chain of a mode; of several all of theirs, and who does one at a time is asked first.

        So the answer says of each why another did it instead.
        """
        names = dict.fromkeys(name for each in in_turn(mode) for name in self._routes[each])
        if len(in_turn(mode)) == 1:
            return tuple(names)
        able = {*self._able(mode)}
        return tuple(sorted(names, key=able.__contains__))

    def _able(self, mode: Mode) -> Iterator[str]:
        """The backends that do ``mode``, of those that can be had."""
        for name in self._factories:
            with suppress(PixelLabError):
                if _does(self._named(name), mode):
                    yield name

    def _serves(self, name: str, task: Task) -> bool:
        try:
            self.get(name, task)
        except tuple(MOVES_ON):
            return False
        return True

    def _named(self, name: str) -> Enhancer:
        if name not in self._factories:
            allowed = ", ".join(self._factories)
            if name in CONTRACT_NAMES:
                told = f"{name} is not configured here; configured: {allowed}."
                raise BackendUnavailable(told, lacks=name)
            raise InvalidRequest("backend", f"backend is {name[:40]!r}; allowed are {allowed}.")
        with self._lock:
            if name not in self._made:
                self._made[name] = _named_alike(name, self._factories[name]())
            return self._made[name]


def _does(enhancer: Enhancer, mode: Mode) -> bool:
    modes = in_turn(mode)
    return {*modes} <= enhancer.modes and (len(modes) == 1 or enhancer.takes_several)


def _with_its_cause(error: PixelLabError) -> str:
    """For whoever runs PixelLab: also what went wrong in a package that is not PixelLab's."""
    cause = error.__cause__
    return f"{error.message} {_said_by(cause)}" if cause else error.message


def _said_by(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _named_alike(name: str, enhancer: Enhancer) -> Enhancer:
    """Records name backends, so a plug-in must call itself what it is registered as."""
    if enhancer.name != name:
        raise BackendUnavailable(
            f"The plug-in {name} calls itself {enhancer.name[:40]}; both names must be the same."
        )
    return enhancer
