"""The presets that requests may name: the configuration's, and stored ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve, frozen

from pixellab.domain.errors import InvalidRequest, PresetConfigured, UnknownPreset
from pixellab.domain.ports import Clock, Presets
from pixellab.domain.requests.presets import Available, Preset, checked_preset, is_preset_name

MAX_STORED = 1000
"""So many may be stored: they are listed in one answer."""
MAX_TOLD = 50
"""So many are named in an error."""


@frozen(kw_only=True)
class KnownPresets:
    """Find, store and remove presets, and fill requests in with them."""

    configured: Mapping[str, Preset]
    """Those of the configuration's file, which nobody changes here."""
    stored: Callable[[], Presets]
    clock: Clock
    available: Available

    def fill_in(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """``asked`` with the fields of the preset that it names; its own fields win.

        Raises InvalidRequest for a preset that there is not, or that another version stored.
        """
        name = asked.get("preset")
        if name is None:
            return dict(asked)
        found = self._found(name) if is_preset_name(name) else None
        if found is None:
            raise InvalidRequest("preset", self._not_called(str(name)))
        return {**found.fields, **asked}

    def all(self) -> tuple[Preset, ...]:
        """All of them, by name."""
        stored = {each.name: each for each in self.stored().all()}
        return tuple(each for _, each in sorted({**stored, **self.configured}.items()))

    def get(self, name: str) -> Preset:
        """Raises UnknownPreset."""
        found = self.configured.get(name) or self.stored().get(name)
        if found is None:
            raise UnknownPreset(self._not_called(name))
        return found

    def save(self, name: str, fields: Mapping[str, Any]) -> tuple[Preset, bool]:
        """The preset as it is stored now, in place of one of the same name; whether there was none.

        Raises InvalidRequest, InvalidFields that names each wrong field, PresetConfigured.
        """
        preset = evolve(checked_preset(name, fields, self.available), updated_at=self.clock())
        self._check_free(name)
        stored = self.stored()
        if stored.get(name) is None and len(stored.all()) >= MAX_STORED:
            raise InvalidRequest(
                "name", f"{MAX_STORED} presets are stored, which is the most; remove one first."
            )
        return preset, stored.save(preset)

    def remove(self, name: str) -> None:
        """Raises UnknownPreset, PresetConfigured."""
        self._check_free(name)
        if not self.stored().remove(name):
            raise UnknownPreset(self._not_called(name))

    def _found(self, name: str) -> Preset | None:
        if configured := self.configured.get(name):
            return configured
        stored = self.stored().get(name)
        if stored is None:
            return None
        try:
            return checked_preset(name, stored.fields, self.available)
        except InvalidRequest as error:
            told = f"The preset {name} cannot be used here; store it anew. {error.message}"
            raise InvalidRequest("preset", told) from error

    def _check_free(self, name: str) -> None:
        if name in self.configured:
            raise PresetConfigured(
                f"{name} is a preset of the configuration's file; it is changed there, and a "
                "stored one needs another name."
            )

    def _not_called(self, name: str) -> str:
        names = [each.name for each in self.all()]
        told = f"known are {', '.join(names[:MAX_TOLD])}" if names else "there is none yet"
        if len(names) > MAX_TOLD:
            told += f" and {len(names) - MAX_TOLD} more"
        return f"No preset is called {name[:40]!r}; {told}."
