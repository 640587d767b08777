"""What paid backends cost, over HTTP: caps, dry runs, and what answers and figures tell of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest
from attrs import evolve

from pixellab.adapters.enhancers.deterministic import DeterministicEnhancer
from pixellab.adapters.enhancers.routing import RoutedEnhancers
from pixellab.domain.pictures import Picture, QualityReport
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import Enhanced, Fidelity
from tests.e2e.api.conftest import IMAGES, Api, Configure, served
from tests.e2e.api.test_observability import figure
from tests.unit.installation import PRICE, PaidEnhancer

FIGURES = {"silhouette_overlap": 0.997, "colour_p95": 1.25}
FIRST, SECOND = "first-key-of-our-shop", "second-key-of-our-shop"


class Painter(PaidEnhancer):
    """Its pictures are held against the photo."""

    def enhance(
        self,
        picture: Picture,
        task: Task,
        report: QualityReport | None = None,
        *,
        attempt: str | None = None,
    ) -> Enhanced:
        drawn = super().enhance(picture, task, report, attempt=attempt)
        return evolve(drawn, fidelity=Fidelity(figures=FIGURES, text_checked=True))


def backends(*chain: str) -> tuple[RoutedEnhancers, Painter]:
    painter = Painter("GEMINI")
    factories = {"LOCAL": lambda: DeterministicEnhancer("LOCAL"), "GEMINI": lambda: painter}
    return RoutedEnhancers(factories, dict.fromkeys(Mode, chain)), painter


@pytest.fixture(scope="module")
def painting(configure: Configure) -> Iterator[tuple[Api, Painter]]:
    """GEMINI paints, LOCAL helps out; a request may cost what one call does."""
    enhancers, painter = backends("GEMINI", "LOCAL")
    with served(configure(cost_cap_request=PRICE), enhancers=enhancers) as api:
        yield api, painter


EXPECTED = [
    {
        "backend": "GEMINI",
        "serves": True,
        "why": None,
        "service": "GEMINI's service, paid.example",
        "model": "painter-1",
        "sends": "the photo, 96 x 72, as PNG",
        "cost": {"amount": "0.034", "currency": "USD"},
    },
    {
        "backend": "LOCAL",
        "serves": True,
        "why": None,
        "service": None,
        "model": None,
        "sends": "Nothing leaves this machine.",
        "cost": None,
    },
]


def test_a_dry_run_of_an_upload_tells_all_and_does_nothing(painting: tuple[Api, Painter]) -> None:
    api, painter = painting
    before, asked = api.everything(), len(painter.attempts)
    answer = api.upload(dry_run="true", sku_id="MUG-DRY")
    assert answer.status_code == 200
    assert answer.json() == {
        "dry_run": True,
        "filename": "photo.jpg",
        "backends": EXPECTED,
        "warnings": [],
    }
    assert (api.everything(), len(painter.attempts)) == (before, asked)


def test_a_dry_run_of_enhancing_again_does_nothing(painting: tuple[Api, Painter]) -> None:
    api, painter = painting
    image = api.uploaded(backend="LOCAL")
    asked = len(painter.attempts)
    again = f"{IMAGES}/{image['image_id']}/enhance"
    answer = api.http.post(again, json={"dry_run": True})
    assert answer.status_code == 200
    assert answer.json()["backends"] == EXPECTED
    local = api.http.post(again, json={"dry_run": True, "backend": "local"}).json()
    assert local["backends"] == EXPECTED[1:]
    history = api.http.get(f"{IMAGES}/{image['image_id']}/enhancement-history").json()
    assert (len(history["enhancements"]), len(painter.attempts)) == (1, asked)
    assert api.http.post(f"{IMAGES}/{'0' * 8}/enhance", json={"dry_run": True}).status_code == 404


@pytest.mark.parametrize(
    ("fields", "status"), [({"dry_run": "perhaps"}, 400), ({"content": b"no photo"}, 415)]
)
def test_a_dry_run_refuses_what_a_request_would_be_refused_for(
    painting: tuple[Api, Painter], fields: dict[str, Any], status: int
) -> None:
    answer = painting[0].upload(**({"dry_run": "true"} | fields))
    assert answer.status_code == status
    if status == 400:
        assert answer.json()["errors"][0]["field"] == "dry_run"


def test_cost_and_fidelity_are_in_answer_history_figures_and_log(
    painting: tuple[Api, Painter], caplog: pytest.LogCaptureFixture
) -> None:
    api, _ = painting
    before = api.http.get("/metrics").text
    with caplog.at_level(logging.INFO, "pixellab.upload"):
        answer = api.uploaded(mode="SHARPEN")
    kept = {"passed": True, "figures": FIGURES, "objections": [], "text_checked": True}
    assert answer["fidelity"] == answer["backend_calls"][0]["fidelity"] == kept
    assert answer["cost"] == {"amount": "0.034", "currency": "USD"}
    history = api.http.get(f"{IMAGES}/{answer['image_id']}/enhancement-history").json()
    (entry,) = history["enhancements"]
    assert (entry["fidelity"], entry["cost"]) == (kept, answer["cost"])
    assert [call["outcome"] for call in entry["backend_calls"]] == ["served"]
    after = api.http.get("/metrics").text
    name, labels = "pixellab_backend_cost_total", {"backend": "GEMINI", "currency": "USD"}
    grown = figure(after, name, **labels) - figure(before, name, **labels)
    assert grown == pytest.approx(0.034)
    line = next(each for each in caplog.messages if "Paid backend served" in each)
    assert "GEMINI" in line
    assert "0.034 USD" in line


def test_over_the_cap_of_a_request_is_422_with_its_record(configure: Configure) -> None:
    enhancers, painter = backends("GEMINI")
    settings = configure(cost_cap_request=PRICE / 2)
    with served(settings, enhancers=enhancers) as api:
        answer = api.upload()
        body = answer.json()
        assert (answer.status_code, body["type"]) == (422, "urn:pixellab:problem:over-budget")
        assert body["detail"] == "GEMINI would cost 0.034 USD; a request may cost 0.017 USD."
        entry = last_entry(api, body["image_id"])
        assert (entry["processing_status"], entry["failure"]) == ("failed", body["detail"])
        assert (entry["backend_calls"][0]["outcome"], entry["cost"]) == ("over_budget", None)
        text = api.http.get("/metrics").text
        counted = {"backend": "GEMINI", "outcome": "over_budget"}
        assert figure(text, "pixellab_backend_calls_total", **counted) == 1
    assert painter.attempts == []


def last_entry(api: Api, image_id: str, **options: Any) -> dict[str, Any]:
    history = api.http.get(f"{IMAGES}/{image_id}/enhancement-history", **options).json()
    entry: dict[str, Any] = history["enhancements"][-1]
    return entry


def test_over_the_cap_of_a_day_is_429_until_midnight_for_each_key(configure: Configure) -> None:
    enhancers, painter = backends("GEMINI")
    settings = configure(
        cost_cap_day=3 * PRICE, cost_cap_key_day=2 * PRICE, api_keys=f"{FIRST},{SECOND}"
    )
    with served(settings, enhancers=enhancers) as api:
        keys = {name: {"X-API-Key": name} for name in (FIRST, SECOND)}

        def upload(key: str) -> httpx.Response:
            api.http.headers.update(keys[key])
            return api.upload()

        assert [upload(FIRST).status_code for _ in range(3)] == [201, 201, 429]
        refused = upload(FIRST)
        assert refused.json()["type"] == "urn:pixellab:problem:budget-spent"
        assert "one API key" in refused.json()["detail"]
        assert 0 < int(refused.headers["retry-after"]) <= 24 * 60 * 60
        assert last_entry(api, refused.json()["image_id"])["processing_status"] == "failed"
        assert upload(SECOND).status_code == 201
        assert "all requests together" in upload(SECOND).json()["detail"]
        dry = api.upload(dry_run="true").json()["backends"][0]
        assert (dry["serves"], dry["cost"]["amount"]) == (False, str(PRICE))
    assert len(painter.attempts) == 3


def test_keys_and_sums_are_in_the_table_of_spending(configure: Configure) -> None:
    enhancers, _ = backends("GEMINI")
    settings = configure(cost_cap_day=1, cost_cap_key_day=1, api_keys=FIRST)
    with served(settings, enhancers=enhancers) as api:
        api.http.headers["X-API-Key"] = FIRST
        api.uploaded()
        image = api.lab.repository.history(api.uploaded()["image_id"])[0]
        assert image.payer is not None
        assert len(image.payer) == 16
        ledger, today = api.lab.enhance.budget.ledger(), image.created_at.date()
        assert ledger.spent(today, image.payer) == Decimal("0.068")
        assert ledger.spent(today, "everyone") == Decimal("0.068")
