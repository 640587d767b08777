"""Photos go in, better ones come out: what a visitor without a terminal does, in a real browser."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.conftest import scene
from tests.e2e.dashboard.accessibility import serious_violations
from tests.e2e.dashboard.conftest import (
    NARROW,
    PATIENCE_MS,
    PICTURES,
    SAMPLES,
    WIDE,
    OpenPage,
    settled,
    take_pictures,
)
from tests.gain_maps import ultra_hdr

expect.set_options(timeout=PATIENCE_MS)
WATCH = """
() => {
  window.seen = new Set();
  const look = () => {
    const bar = document.querySelector('[data-testid="stSidebar"]');
    if (bar) window.seen.add(bar.innerText);
  };
  new MutationObserver(look).observe(document.body, {
    subtree: true, childList: true, characterData: true,
  });
}
"""


@pytest.fixture
def corrupt(tmp_path: Path) -> Path:
    file = tmp_path / "torn.jpg"
    file.write_bytes((SAMPLES / "soft-watch.jpg").read_bytes()[:3000])
    return file


def choose(page: Page, *files: Path) -> None:
    page.locator('input[type="file"]').first.set_input_files([str(file) for file in files])
    many = "1 photo" if len(files) == 1 else f"{len(files)} photos"
    expect(page.get_by_role("button", name=f"Enhance {many}")).to_be_enabled()


def pick(part: Page | Locator, label: str, option: str) -> None:
    """One of a list's options, which are drawn at the end of the page."""
    page = part if isinstance(part, Page) else part.page
    listed, wanted = (
        part.get_by_role("combobox", name=label),
        page.get_by_role("option", name=option, exact=True),
    )
    # A list that is drawn anew just then closes again.
    while not wanted.is_visible():
        listed.click()
        page.wait_for_timeout(200)
    wanted.click()
    expect(listed).to_have_value(option)
    settled(page)


def enhance(page: Page) -> None:
    page.get_by_role("button", name=re.compile(r"^Enhance \d photo")).click()


def divided_at(slider: Locator) -> int:
    return int(slider.input_value())


def test_three_photos_one_of_them_torn(open_page: OpenPage, corrupt: Path) -> None:
    page = open_page()
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    take_pictures(page, "upload-empty")
    assert serious_violations(page) == []
    page.evaluate(WATCH)
    pick(page, "What to do", "Light")
    choose(page, SAMPLES / "dark-mug.jpg", corrupt, SAMPLES / "yellow-box.jpg")
    take_pictures(page, "upload-chosen")
    enhance(page)

    expect(page.get_by_test_id("stSidebar").get_by_text("3 of 3 done")).to_be_visible()
    steps = page.evaluate("() => [...window.seen]")
    assert any(re.search(r"[012] of 3 done", each) for each in steps)
    expect(page.get_by_role("heading", name="Results")).to_be_visible()
    expect(page.get_by_text("torn.jpg", exact=True).last).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="torn.jpg")).to_have_count(1)
    settled(page)

    take_pictures(page, "upload-results")
    assert serious_violations(page) == []
    download_all(page)
    page.get_by_alt_text("dark-mug.jpg", exact=True).click(force=True)  # Its tile is a button.
    wipe_and_zoom(page)
    download_one(page)
    page.get_by_role("slider", name=re.compile("Share of the left picture")).fill("50")
    take_readme_picture(page)
    take_pictures(page, "upload-result")
    assert serious_violations(page) == []
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="yellow-box.jpg")).to_be_visible()
    page.get_by_role("button", name="← All results").click()
    expect(page.get_by_alt_text("dark-mug.jpg", exact=True)).to_be_visible()


def wipe_and_zoom(page: Page) -> None:
    stage = page.get_by_role("group", name="dark-mug.jpg: Original and Enhanced")
    expect(stage).to_be_in_viewport()
    slider = page.get_by_role("slider", name=re.compile("Share of the left picture"))
    assert divided_at(slider) == 50
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert divided_at(slider) == 51
    stage.focus()
    page.keyboard.press("ArrowLeft")
    assert divided_at(slider) == 49
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, middle)
    page.mouse.up()
    assert divided_at(slider) == 25
    page.get_by_role("button", name="200%").first.click()
    shown = stage.get_by_role("img").first
    assert round(shown.bounding_box()["width"]) == 2 * shown.evaluate("each => each.naturalWidth")  # type: ignore[index]
    page.get_by_role("button", name="Fit").first.click()


def take_readme_picture(page: Page) -> None:
    page.set_viewport_size({"width": WIDE[0], "height": 1220})
    page.get_by_role("button", name="← All results").evaluate("each => each.scrollIntoView()")
    page.get_by_test_id("stMain").evaluate("each => each.scrollBy(0, -12)")
    settled(page)
    page.screenshot(path=PICTURES / "readme.png", animations="disabled")
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})


def download_all(page: Page) -> None:
    """Under the names that the photos came with, and what the visitor wants added."""
    suffix = page.get_by_role("textbox", name="Added to each file's name")
    expect(suffix).to_have_value("-enhanced")
    suffix.fill("-shop")
    expect(page.get_by_role("button", name="Download all 2 as …-shop")).to_be_visible()
    with page.expect_download() as packed:
        page.get_by_role("button", name="Download all 2 as …-shop").click()
    assert packed.value.suggested_filename == "pixellab-shop.zip"
    with zipfile.ZipFile(packed.value.path()) as archive:
        assert sorted(archive.namelist()) == ["dark-mug-shop.jpg", "yellow-box-shop.jpg"]
        files = [io.BytesIO(archive.read(name)) for name in archive.namelist()]
    assert [Image.open(file).format for file in files] == ["JPEG", "JPEG"]


def download_one(page: Page) -> None:
    with page.expect_download() as one:
        page.get_by_role("button", name="Download dark-mug-shop.jpg").click()
    assert one.value.suggested_filename == "dark-mug-shop.jpg"
    assert Image.open(one.value.path()).format == "JPEG"


def test_ready_for_a_marketplace_and_then_another_way(open_page: OpenPage) -> None:
    page = open_page(size=NARROW, dark=True)
    take_pictures(page, "upload-empty-phone")
    assert serious_violations(page) == []
    pick(page, "What to do", "Ready for a marketplace")
    pick(page, "Marketplace", "Amazon (main image)")
    choose(page, SAMPLES / "cluttered-table.jpg")
    enhance(page)
    expect(page.get_by_role("heading", name="Marketplace checklist")).to_be_visible()
    expect(page.get_by_text("The two differ in shape")).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="cannot be trusted")).to_be_visible()
    expect(page.get_by_role("heading", name="Quality")).to_have_count(0)
    expect(page.get_by_role("textbox", name="Added to each file's name")).to_have_value("-amazon")
    settled(page)

    page.get_by_text("Not happy? Try another way").click()
    again = page.get_by_test_id("stExpander").filter(has_text="Not happy?")
    expect(again.get_by_role("combobox", name="Marketplace")).to_have_value("Amazon (main image)")
    take_pictures(page, "upload-marketplace")
    assert serious_violations(page) == []
    pick(again, "What to do", "Smaller file")
    again.get_by_role("button", name="Enhance again").click()
    expect(page.get_by_text(re.compile(r"_2_cluttered-table\.jpg")).first).to_be_visible()
    expect(page.get_by_role("heading", name="Quality")).to_be_visible()
    page.get_by_role("radio", name="1. Ready for a marketplace").click()
    expect(page.get_by_role("heading", name="Marketplace checklist")).to_be_visible()
    take_pictures(page, "upload-again")
    assert serious_violations(page) == []


def test_an_original_that_browsers_do_not_draw(open_page: OpenPage, tmp_path: Path) -> None:
    scan = tmp_path / "scan.tiff"
    Image.open(SAMPLES / "yellow-box.jpg").resize((400, 400)).save(scan)
    page = open_page()
    choose(page, scan)
    enhance(page)
    expect(page.get_by_text("Browsers do not draw TIFF")).to_be_visible()
    original = page.get_by_alt_text("scan.tiff, Original")
    expect(original).to_have_js_property("naturalWidth", 400)


def test_a_gain_map_that_was_dropped_is_told(open_page: OpenPage, tmp_path: Path) -> None:
    photo = tmp_path / "phone.jpg"
    photo.write_bytes(ultra_hdr(scene(240, 180)))
    page = open_page()
    choose(page, photo)
    enhance(page)
    expect(page.get_by_text("HDR gain map was dropped").first).to_be_visible()


def test_what_is_cancelled_is_not_kept(open_page: OpenPage) -> None:
    page = open_page()
    choose(
        page,
        *[SAMPLES / "dark-mug.jpg"] * 1,
        SAMPLES / "noisy-bottle.jpg",
        SAMPLES / "soft-watch.jpg",
    )
    enhance(page)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Clear the list")).to_be_visible()
    expect(page.get_by_text("It was cancelled and deleted.").first).to_be_visible()


def test_nobody_sees_what_others_have_just_uploaded(open_page: OpenPage) -> None:
    mine, theirs = open_page(), open_page()
    choose(mine, SAMPLES / "soft-watch.jpg")
    enhance(mine)
    expect(mine.get_by_role("heading", name="Results")).to_be_visible()
    theirs.reload()
    settled(theirs)
    expect(theirs.get_by_text("Nothing yet.")).to_be_visible()
    expect(theirs.get_by_role("heading", name="Results")).to_have_count(0)
