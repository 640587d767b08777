"""What is kept: found, looked at, enhanced again, deleted; and an API that goes and comes back."""

from __future__ import annotations

import re
import zipfile

import pytest
from playwright.sync_api import Page, expect

from pixellab.entrypoints.dashboard.http_api import HttpApi
from tests.e2e.dashboard.accessibility import serious_violations
from tests.e2e.dashboard.conftest import (
    NARROW,
    PATIENCE_MS,
    OpenPage,
    settled,
    take_pictures,
    upload_samples,
)
from tests.e2e.dashboard.running import RunningApi

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def kept(http_api: HttpApi) -> list[dict[str, object]]:
    """Three photos that were uploaded before."""
    return upload_samples(http_api, "dark-mug.jpg", "yellow-box.jpg", "soft-watch.jpg")


@pytest.fixture
def gallery(open_page: OpenPage, kept: list[dict[str, object]]) -> Page:
    page = open_page("/dashboard")
    expect(page.get_by_role("heading", name="Image Gallery")).to_be_visible()
    return page


def search(page: Page, words: str) -> None:
    field = page.get_by_role("textbox", name="Search")
    field.fill(words)
    field.press("Enter")


def test_empty_gallery_says_what_to_do(open_page: OpenPage) -> None:
    page = open_page("/dashboard")
    expect(page.get_by_text("Nothing here yet.")).to_be_visible()
    take_pictures(page, "gallery-empty")


def test_photos_are_found_and_the_address_can_be_sent(gallery: Page, open_page: OpenPage) -> None:
    expect(gallery.get_by_text("3 photos", exact=True)).to_be_visible()
    thumbnail = gallery.get_by_alt_text("dark-mug.jpg")
    expect(thumbnail).to_have_js_property("naturalWidth", 320)
    take_pictures(gallery, "gallery")
    assert serious_violations(gallery) == []
    search(gallery, "MUG")
    expect(gallery.get_by_text("1 photos")).to_have_count(0)
    expect(gallery.get_by_text("1 photo", exact=True)).to_be_visible()
    expect(gallery.get_by_alt_text("yellow-box.jpg")).to_have_count(0)
    expect(gallery).to_have_url(re.compile(r"/dashboard\?.*q=MUG"))

    sent = open_page("/" + gallery.url.split("/", 3)[3], size=NARROW, dark=True)
    expect(sent.get_by_alt_text("dark-mug.jpg")).to_be_visible()
    expect(sent.get_by_alt_text("yellow-box.jpg")).to_have_count(0)
    take_pictures(sent, "gallery-found")
    assert serious_violations(sent) == []


def test_one_photo_is_looked_at_enhanced_again_and_compared(
    gallery: Page, open_page: OpenPage, http_api: HttpApi
) -> None:
    search(gallery, "watch")
    expect(gallery.get_by_alt_text("yellow-box.jpg")).to_have_count(0)
    gallery.get_by_alt_text("soft-watch.jpg").click(force=True)  # Its tile is a button.
    expect(gallery.get_by_role("heading", name="soft-watch.jpg")).to_be_visible()
    expect(gallery).to_have_url(re.compile(r"image=[0-9a-f-]{36}"))
    gallery.get_by_role("button", name="Not happy? Enhance again").click()
    form = gallery.get_by_role("dialog")
    form.get_by_role("checkbox", name="Sharpness").check(force=True)
    settled(gallery)
    take_pictures(gallery, "image-again")
    form.get_by_role("button", name="Enhance", exact=True).click()
    expect(gallery.get_by_text(re.compile(r"^2\. Make it right, LOCAL"))).to_be_visible()
    expect(gallery.get_by_text("2. Make it right", exact=True).first).to_be_visible()
    image_id = gallery.url.partition("image=")[2][:36]
    latest = http_api.history(image_id)["enhancements"][-1]
    assert latest["request"] == {"without": "sharpen"}
    gallery.get_by_text(re.compile(r"^2\. Make it right, LOCAL")).click()
    take_pictures(gallery, "image")
    assert serious_violations(gallery) == []

    sent = open_page("/" + gallery.url.split("/", 3)[3], size=NARROW, dark=True)
    expect(sent.get_by_role("heading", name="soft-watch.jpg")).to_be_visible()
    take_pictures(sent, "image-sent")
    assert serious_violations(sent) == []

    gallery.get_by_role("button", name="← All photos").click()
    expect(gallery.get_by_role("textbox", name="Search")).to_have_value("watch")
    expect(gallery.get_by_alt_text("yellow-box.jpg")).to_have_count(0)


def test_many_are_chosen_downloaded_and_deleted(
    open_page: OpenPage, http_api: HttpApi, kept: list[dict[str, object]]
) -> None:
    extra = upload_samples(http_api, "dark-mug.jpg", "soft-watch.jpg", mode="SHARPEN")
    page = open_page("/dashboard?mode=SHARPEN", dark=True)
    expect(page.get_by_text("2 photos", exact=True)).to_be_visible()
    page.get_by_test_id("stCheckbox").get_by_text("Choose several").click()
    expect(page.get_by_role("checkbox", name="Choose", exact=True)).to_have_count(2)
    for box in page.get_by_role("checkbox", name="Choose", exact=True).all():
        box.check(force=True)
        settled(page)
    expect(page.get_by_text("2 chosen")).to_be_visible()
    with page.expect_download() as packed:
        page.get_by_role("button", name="Download as zip").click()
    with zipfile.ZipFile(packed.value.path()) as archive:
        assert len(archive.namelist()) == 2
    page.get_by_role("button", name="Delete", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("It can't be undone.")).to_be_visible()
    take_pictures(page, "gallery-delete")
    assert serious_violations(page) == []
    dialog.get_by_role("button", name="Delete 2 photos").click()
    expect(page.get_by_text("No photo fits these filters.")).to_be_visible()
    left = {image["id"] for image in http_api.images()["images"]}
    assert left.isdisjoint({each["image_id"] for each in extra})
    assert left >= {each["image_id"] for each in kept}


def test_a_photo_that_is_gone(open_page: OpenPage) -> None:
    page = open_page("/dashboard?image=550e8400-e29b-41d4-a716-446655440000")
    expect(page.get_by_text("There is no such photo")).to_be_visible()
    page.get_by_role("button", name="← All photos").click()
    expect(page.get_by_role("heading", name="Image Gallery")).to_be_visible()


def test_the_api_goes_and_comes_back(gallery: Page, api: RunningApi) -> None:
    api.kill()
    try:
        search(gallery, "watch")
        expect(gallery.get_by_text("PixelLab cannot be reached just now")).to_be_visible()
        take_pictures(gallery, "gallery-api-gone")
    finally:
        api.start()
    expect(gallery.get_by_alt_text("soft-watch.jpg")).to_be_visible()
    expect(gallery.get_by_text("PixelLab cannot be reached just now")).to_have_count(0)
