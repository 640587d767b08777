"""What an installation says it can do."""

from __future__ import annotations

from pathlib import Path

from pixellab.domain.requests import Mode
from pixellab.entrypoints.answers import CapabilitiesAnswer
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.settings import load_settings


def capabilities(folder: Path, **settings: object) -> CapabilitiesAnswer:
    with bootstrap(load_settings(_env_file=None, data_dir=folder, **settings)) as lab:
        return CapabilitiesAnswer.of(lab.enhancers, 50)


def test_what_is_not_set_up_is_named_with_its_reason(tmp_path: Path) -> None:
    able = capabilities(tmp_path)
    backends = {each.name: each for each in able.backends}
    local, gemini = backends["LOCAL"], backends["GEMINI"]
    assert local.available
    assert set(local.modes) == set(able.modes) == set(map(str, Mode))
    assert set(local.prices.values()) == {None}
    assert not local.sends_photos_away
    assert not gemini.available
    assert gemini.why_not
    assert gemini.prices == {}
    assert able.optional_steps["AUTO"] == ["deblock", "light", "denoise", "sharpen"]
    assert able.optional_steps["UPSCALE"] == []
    formats = {each.name: each.output_formats for each in able.profiles}
    assert formats["amazon"] == ["JPEG", "PNG"]


def test_a_paid_backend_says_what_a_photo_costs(tmp_path: Path) -> None:
    able = capabilities(tmp_path, gemini_api_key="a-key-that-is-not-used")
    [gemini] = [each for each in able.backends if each.name == "GEMINI"]
    assert gemini.available
    assert gemini.sends_photos_away
    assert gemini.prices["OPTIMIZE"] is None
    amount, currency = str(gemini.prices["SHARPEN"]).split(" ")
    assert float(amount) > 0
    assert currency == "USD"


def test_a_price_that_nobody_was_told_is_unknown(tmp_path: Path) -> None:
    model = "a-model-of-tomorrow"
    able = capabilities(tmp_path, gemini_api_key="a-key-that-is-not-used", gemini_model=model)
    [gemini] = [each for each in able.backends if each.name == "GEMINI"]
    assert gemini.prices["SHARPEN"] == "unknown"
