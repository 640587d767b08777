"""What every Presets promises."""

from __future__ import annotations

from typing import Any

from pixellab.domain.ports import Presets
from pixellab.domain.requests.presets import Preset
from pixellab.testing.records import MICROSECOND, NOON


def _preset(name: str, **fields: Any) -> Preset:
    return Preset(name=name, fields=fields, updated_at=NOON)


class PresetsContract:
    """Needs the fixture ``presets``: an empty one."""

    def test_gives_back_what_was_saved(self, presets: Presets) -> None:
        white = _preset("shop-white", mode="STANDARDIZE", scale=4, keep_shadow=True)
        assert presets.get(white.name) is None
        assert presets.save(white)
        assert presets.get(white.name) == white
        assert presets.get(white.name.upper()) is None

    def test_takes_the_place_of_one_of_the_same_name(self, presets: Presets) -> None:
        before = Preset(name="a", fields={"scale": 3}, updated_at=NOON)
        after = Preset(name="a", fields={"mode": "SHARPEN"}, updated_at=NOON + MICROSECOND)
        assert [presets.save(each) for each in (before, after, after)] == [True, False, False]
        assert presets.all() == (after,)

    def test_lists_all_by_name(self, presets: Presets) -> None:
        assert presets.all() == ()
        named = [_preset(name, scale=2) for name in ("0", "a", "a-b", "a_b", "b" * 64)]
        for each in reversed(named):
            presets.save(each)
        assert presets.all() == tuple(named)

    def test_removes_one(self, presets: Presets) -> None:
        for name in ("a", "b"):
            presets.save(_preset(name, scale=3))
        assert [presets.remove("a") for _ in range(2)] == [True, False]
        assert presets.get("a") is None
        assert presets.all() == (_preset("b", scale=3),)
