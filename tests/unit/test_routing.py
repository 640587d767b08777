from __future__ import annotations

import pytest

from pixellab.adapters.enhancers.deterministic import DeterministicEnhancer
from pixellab.adapters.enhancers.routing import RoutedEnhancers
from pixellab.domain.errors import BackendRefused, BackendUnavailable, InvalidRequest
from pixellab.domain.pictures import Enhanced, Mode, Picture, QualityReport, Task
from pixellab.domain.ports import Enhancer


class OnlySharpens(Enhancer):
    name = "SHARPENER"
    modes = frozenset({Mode.SHARPEN})

    def enhance(
        self, picture: Picture, task: Task, report: QualityReport | None = None
    ) -> Enhanced:
        return Enhanced(picture=picture, backend=self.name)


def routed() -> RoutedEnhancers:
    routes = dict.fromkeys(Mode, "MEMORY") | {Mode.SHARPEN: "SHARPENER"}
    return RoutedEnhancers({"MEMORY": DeterministicEnhancer, "SHARPENER": OnlySharpens}, routes)


def test_the_table_decides_unless_the_request_does() -> None:
    enhancers = routed()
    assert enhancers.choose(Task(mode=Mode.SHARPEN), None).name == "SHARPENER"
    assert isinstance(enhancers.choose(Task(), None), DeterministicEnhancer)
    assert isinstance(enhancers.choose(Task(mode=Mode.SHARPEN), "memory"), DeterministicEnhancer)


def test_a_backend_is_made_once() -> None:
    enhancers = routed()
    assert enhancers.choose(Task(), None) is enhancers.choose(Task(), "MEMORY")


def test_an_unknown_backend_is_named_with_those_there_are() -> None:
    with pytest.raises(InvalidRequest, match="'NOBODY'; allowed are MEMORY, SHARPENER") as refused:
        routed().choose(Task(), "nobody")
    assert refused.value.field == "backend"


def test_a_backend_of_the_contract_that_is_not_configured_is_unavailable() -> None:
    with pytest.raises(BackendUnavailable, match="GEMINI is not configured"):
        routed().choose(Task(), "gemini")


def test_a_plugin_by_another_name_is_unavailable() -> None:
    enhancers = RoutedEnhancers({"SHINY": OnlySharpens}, dict.fromkeys(Mode, "SHINY"))
    with pytest.raises(BackendUnavailable, match="SHINY calls itself SHARPENER"):
        enhancers.choose(Task(mode=Mode.SHARPEN), None)


def test_an_unknown_profile_is_named_with_those_there_are() -> None:
    with pytest.raises(InvalidRequest, match="allowed are generic, amazon") as refused:
        routed().choose(Task(mode=Mode.STANDARDIZE, profile="bazaar"), None)
    assert refused.value.field == "profile"


def test_a_mode_that_a_backend_does_not_do_is_refused() -> None:
    with pytest.raises(BackendRefused, match="SHARPENER does not do AUTO; it does SHARPEN"):
        routed().choose(Task(), "SHARPENER")
