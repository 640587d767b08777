from __future__ import annotations

from pixellab.adapters.enhancers.cloud.vendor_answer import fidelity_warnings
from pixellab.domain.results import Fidelity


def test_an_answer_says_what_was_not_checked() -> None:
    assert "was not checked" in " ".join(fidelity_warnings(None))
    assert "Text" in " ".join(fidelity_warnings(Fidelity(figures={}, text_checked=False)))
    assert fidelity_warnings(Fidelity(figures={}, text_checked=True)) == ()
