"""Enhancers that other installed packages bring.

A package declares them under the entry-point group ``pixellab.enhancers``: the entry's name is the
backend's name, its object is called without arguments and returns an ``Enhancer``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from importlib.metadata import EntryPoint, entry_points
from itertools import groupby

from attrs import frozen

from pixellab.domain.errors import BackendError, BackendUnavailable
from pixellab.domain.findings import Finding, fine, problem, warning
from pixellab.domain.ports import Enhancer

GROUP = "pixellab.enhancers"
OF_ENHANCERS = ("name", "modes", "waits", "check", "estimate", "enhance", "diagnose")
"""What PixelLab uses of an enhancer; whoever derives from ``Enhancer`` has to add three of them."""


@frozen(kw_only=True)
class Plugin:
    """A name in upper case, and who brings a backend of that name."""

    name: str
    entries: tuple[EntryPoint, ...]

    def __call__(self) -> Enhancer:
        """The backend, whose module is imported now.

        Raises BackendUnavailable, whose cause is what went wrong in the package, and any
        BackendError that the package itself raises.
        """
        if len(self.entries) > 1:
            raise BackendUnavailable(self.conflict)
        try:
            enhancer: Enhancer = self.entries[0].load()()
            if lacking := [each for each in OF_ENHANCERS if not hasattr(enhancer, each)]:
                raise TypeError(f"{type(enhancer).__name__} has no {' and no '.join(lacking)}")
        except BackendError:
            raise
        except Exception as error:
            raise BackendUnavailable(f"The plug-in {self.name} could not be loaded.") from error
        return enhancer

    @property
    def conflict(self) -> str:
        return f"{self.name} is brought by {self.brought_by}; allowed is one package."

    @property
    def brought_by(self) -> str:
        return " and ".join(sorted(map(_package, self.entries)))


@frozen
class Plugins:
    """What the installed packages bring; nothing is imported before a backend is asked for."""

    found: tuple[Plugin, ...]
    own_names: Collection[str]
    """Names that are PixelLab's own, so that no package's backend has them."""

    @property
    def factories(self) -> dict[str, Callable[[], Enhancer]]:
        """What makes each backend, by its name in upper case."""
        return {each.name: each for each in self.found if each.name not in self.own_names}

    def diagnose(self) -> list[Finding]:
        return [self._finding(each) for each in self.found]

    def _finding(self, plugin: Plugin) -> Finding:
        part = f"plug-in {plugin.name}"
        if plugin.name in self.own_names:
            found = f"brought by {plugin.brought_by}, and not used: PixelLab's own has this name"
            return warning(part, found, "Uninstall it, or ask its author to rename the backend.")
        if len(plugin.entries) > 1:
            return problem(part, plugin.conflict, "Uninstall all but one of them.")
        return fine(part, f"brought by {plugin.brought_by}")


def find_plugins(own_names: Collection[str] = ()) -> Plugins:
    """The backends that are installed beside PixelLab's, of which those are ``own_names``."""
    entries = sorted(entry_points(group=GROUP), key=_name)
    return Plugins(tuple(_plugin(name, same) for name, same in groupby(entries, _name)), own_names)


def _plugin(name: str, entries: Iterable[EntryPoint]) -> Plugin:
    return Plugin(name=name, entries=tuple(entries))


def _name(entry: EntryPoint) -> str:
    return entry.name.strip().upper()


def _package(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value
