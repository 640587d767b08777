"""Batches on the page: how far they are, what failed, tried again, taken away as a table."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
import requests
from playwright.sync_api import expect

from pixellab.entrypoints.dashboard.http_api import HttpApi
from tests.conftest import photo_bytes
from tests.e2e.dashboard.accessibility import serious_violations
from tests.e2e.dashboard.conftest import PATIENCE_MS, OpenPage, take_pictures
from tests.e2e.dashboard.running import RunningApi

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture
def incoming(api: RunningApi) -> Path:
    """The folder of the objects that batches may name."""
    folder = api.folder / "data" / "objects" / "incoming"
    folder.mkdir(exist_ok=True, parents=True)
    return folder


def added(http_api: HttpApi, lines: list[dict[str, str]], name: str) -> str:
    answer = requests.post(
        f"{http_api.address}/api/v1/batches",
        json={"items": lines, "name": name, "mode": "OPTIMIZE"},
        timeout=60,
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["batch_id"])


def test_no_batch_yet(open_page: OpenPage) -> None:
    page = open_page("/batches")
    expect(page.get_by_text("Nothing here yet.")).to_be_visible()
    take_pictures(page, "batches-empty")
    gone = open_page("/batches?batch=550e8400-e29b-41d4-a716-446655440000")
    expect(gone.get_by_text("There is no such batch.")).to_be_visible()
    gone.get_by_role("button", name="← All batches").click()
    expect(gone.get_by_role("heading", name="Batches")).to_be_visible()


def test_a_batch_from_its_start_to_its_table(
    open_page: OpenPage, http_api: HttpApi, incoming: Path
) -> None:
    for number in range(6):
        (incoming / f"{number}.jpg").write_bytes(photo_bytes(240, 180, seed=number))
    keys = [*(f"incoming/{number}.jpg" for number in range(6)), "incoming/later.jpg", "elsewhere"]
    batch_id = added(http_api, [{"key": key} for key in keys], "Spring *sale*")
    page = open_page("/batches")
    expect(page.get_by_role("heading", name="Spring *sale*")).to_be_visible()
    expect(page.get_by_text("6 of 8 photos done, 2 failed")).to_be_visible()
    take_pictures(page, "batches")
    assert serious_violations(page) == []

    page.get_by_role("button", name="Look closer").first.click()
    expect(page.get_by_role("heading", name="What failed")).to_be_visible()
    expect(page).to_have_url(re.compile(f"batch={batch_id}"))
    expect(page.get_by_text("key must begin with incoming/.")).to_be_visible()
    expect(page.get_by_text("7. incoming/later.jpg")).to_be_visible()
    take_pictures(page, "batch")
    assert serious_violations(page) == []

    (incoming / "later.jpg").write_bytes(photo_bytes(240, 180, seed=9))
    page.get_by_role("button", name="Try the failed again").click()
    expect(page.get_by_text("7 of 8 photos done, 1 failed")).to_be_visible()
    expect(page.get_by_text("7. incoming/later.jpg")).to_have_count(0)
    with page.expect_download() as table:
        page.get_by_role("button", name="Download results as CSV").click()
    rows = list(csv.DictReader(table.value.path().read_text().splitlines()))
    assert [row["state"] for row in rows] == ["done"] * 7 + ["failed"]


def test_a_batch_is_cancelled(open_page: OpenPage, http_api: HttpApi, incoming: Path) -> None:
    for number in range(60):
        (incoming / f"many-{number}.jpg").write_bytes(photo_bytes(600, 450, seed=number))
    lines = [{"key": f"incoming/many-{number % 60}.jpg"} for number in range(600)]
    batch_id = added(http_api, lines, "Many")
    page = open_page(f"/batches?batch={batch_id}", dark=True)
    expect(page.get_by_text("under way", exact=True)).to_be_visible()
    expect(page.get_by_text(re.compile("about .* left"))).to_be_visible()
    take_pictures(page, "batch-under-way")
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_text("cancelled", exact=True)).to_be_visible()
    assert http_api.batch(batch_id)["counts"]["cancelled"] > 0
