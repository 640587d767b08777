from __future__ import annotations

import pytest

from pixellab.adapters.enhancers.deterministic import DeterministicEnhancer
from pixellab.adapters.enhancers.routing import RoutedEnhancers
from pixellab.domain.errors import BackendRefused, BackendUnavailable, InvalidRequest
from pixellab.domain.pictures import Picture, QualityReport
from pixellab.domain.ports import Enhancer, Folders
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import Enhanced


class OnlySharpens(Enhancer):
    name = "SHARPENER"
    modes = frozenset({Mode.SHARPEN})

    def enhance(
        self,
        picture: Picture,
        task: Task,
        report: QualityReport | None = None,
        *,
        attempt: str | None = None,
    ) -> Enhanced:
        return Enhanced(picture=picture, backend=self.name)


def routed(rest: tuple[str, ...] = ("MEMORY",)) -> RoutedEnhancers:
    routes = dict.fromkeys(Mode, rest) | {Mode.SHARPEN: ("SHARPENER",)}
    return RoutedEnhancers({"MEMORY": DeterministicEnhancer, "SHARPENER": OnlySharpens}, routes)


def test_the_table_decides_unless_the_request_does() -> None:
    enhancers = routed()
    assert enhancers.choose(Task(mode=Mode.SHARPEN), None) == ("SHARPENER",)
    assert enhancers.choose(Task(), None) == ("MEMORY",)
    assert enhancers.choose(Task(mode=Mode.SHARPEN), "memory") == ("MEMORY",)


def test_a_backend_is_made_once() -> None:
    enhancers = routed()
    assert enhancers.get("MEMORY", Task()) is enhancers.get("memory", Task(mode=Mode.SHARPEN))


def test_a_chain_is_chosen_while_one_of_it_can_serve() -> None:
    for chain in (("GEMINI", "SHARPENER", "MEMORY"), ("MEMORY", "GEMINI")):
        assert routed(chain).choose(Task(), None) == chain


def test_a_chain_of_which_none_can_serve_is_refused_as_its_last_is() -> None:
    with pytest.raises(BackendRefused, match="SHARPENER does not do AUTO"):
        routed(("GEMINI", "SHARPENER")).choose(Task(), None)


def test_a_request_names_one_backend_not_a_chain() -> None:
    with pytest.raises(InvalidRequest, match="'SHARPENER>MEMORY'; allowed are MEMORY, SHARPENER"):
        routed().choose(Task(), "sharpener>memory")


def test_gemini_has_folders_of_its_own() -> None:
    assert routed().folders("GEMINI") == Folders("originals", "enhanced")
    for other in ("LOCAL", "BEDROCK", "SHARPENER"):
        assert routed().folders(other) == Folders("uploads/original", "uploads/enhanced")


def test_an_unknown_backend_is_named_with_those_there_are() -> None:
    with pytest.raises(InvalidRequest, match="'NOBODY'; allowed are MEMORY, SHARPENER") as refused:
        routed().choose(Task(), "nobody")
    assert refused.value.field == "backend"


def test_a_backend_of_the_contract_that_is_not_configured_is_unavailable() -> None:
    with pytest.raises(BackendUnavailable, match="GEMINI is not configured"):
        routed().choose(Task(), "gemini")


def test_a_plugin_by_another_name_is_unavailable() -> None:
    enhancers = RoutedEnhancers({"SHINY": OnlySharpens}, dict.fromkeys(Mode, ("SHINY",)))
    with pytest.raises(BackendUnavailable, match="SHINY calls itself SHARPENER"):
        enhancers.choose(Task(mode=Mode.SHARPEN), None)


def test_an_unknown_profile_is_named_with_those_there_are() -> None:
    with pytest.raises(InvalidRequest, match="allowed are generic, amazon") as refused:
        routed().choose(Task(mode=Mode.STANDARDIZE, profile="bazaar"), None)
    assert refused.value.field == "profile"


def test_a_mode_that_a_backend_does_not_do_is_refused() -> None:
    with pytest.raises(BackendRefused, match="SHARPENER does not do AUTO; it does SHARPEN"):
        routed().choose(Task(), "SHARPENER")


def test_a_refusal_names_the_backends_that_do_the_mode() -> None:
    with pytest.raises(BackendRefused, match="it does SHARPEN, and AUTO is done by MEMORY"):
        routed().choose(Task(), "SHARPENER")
    alone = RoutedEnhancers({"SHARPENER": OnlySharpens}, dict.fromkeys(Mode, ("SHARPENER",)))
    with pytest.raises(BackendRefused, match=r"does not do AUTO; it does SHARPEN\.$"):
        alone.choose(Task(), None)
