"""The dashboard on a real API, both as processes of their own, and a real browser that looks at it.

What the browser shows is kept as pictures in ``dashboard-pictures`` of the repository, for a person
to look at.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, Request, sync_playwright

from pixellab.entrypoints.dashboard.http_api import HttpApi
from tests.e2e.dashboard.running import RunningApi, running_api, running_dashboard

ROOT = Path(__file__).parents[3]
PICTURES = ROOT / "dashboard-pictures"
SAMPLES = ROOT / "samples"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 60_000
"""How long the browser waits for what should come; on a busy machine that takes a while."""
DRAWN = "all => all.every(each => each.complete || each.loading === 'lazy')"
WIDE, NARROW = (1440, 1000), (390, 844)
LOCAL = re.compile(r"(https?|wss?)://(localhost|127\.0\.0\.1)[:/]|(data|blob|about):")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApi]:
    with running_api(tmp_path_factory.mktemp("api")) as running:
        yield running


@pytest.fixture(scope="module")
def http_api(api: RunningApi) -> HttpApi:
    return HttpApi(api.address)


@pytest.fixture(scope="module")
def dashboard(api: RunningApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_dashboard(tmp_path_factory.mktemp("dashboard"), api.address) as address:
        yield address


@contextmanager
def launched(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert found, "The dashboard's tests need chromium: sudo apt-get install chromium"
    browser = playwright.chromium.launch(executable_path=found, args=[*QUIET])
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, launched(playwright) as chromium:
        yield chromium


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, dashboard: str) -> Iterator[OpenPage]:
    """Opens a browser of its own on the dashboard; nothing in it may be fetched from elsewhere."""
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    with ExitStack() as opened:

        def open_one(path: str = "/", *, size: tuple[int, int] = WIDE, dark: bool = False) -> Page:
            context = browser.new_context(
                viewport={"width": size[0], "height": size[1]},
                color_scheme="dark" if dark else "light",
                reduced_motion="reduce",
                accept_downloads=True,
            )
            opened.callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            page = context.new_page()
            page.on("request", note)
            page.goto(dashboard + path)
            settled(page)
            return page

        yield open_one
    assert [url for url in asked if not LOCAL.match(url)] == []


def settled(page: Page) -> None:
    """Waits until the page's script has run, and all that it loads is there."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    page.locator('[data-testid="stSkeleton"]').first.wait_for(state="detached")
    while not page.locator("img:visible").evaluate_all(DRAWN):
        page.wait_for_timeout(50)


def take_pictures(page: Page, name: str) -> None:
    """Keep what the page shows, at full length, for a person to look at.

    As it is, in the other colours, and at the other width.
    """
    size = page.viewport_size
    assert size is not None
    dark = bool(page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches"))
    narrow = size["width"] == NARROW[0]
    for is_dark, is_narrow in ((dark, not narrow), (not dark, narrow), (dark, narrow)):
        _take_picture(page, name, dark=is_dark, narrow=is_narrow)
    page.set_viewport_size(size)


def _take_picture(page: Page, name: str, *, dark: bool, narrow: bool) -> None:
    width, height = NARROW if narrow else WIDE
    page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": height})
    settled(page)
    length = int(page.locator('[data-testid="stMain"]').evaluate("each => each.scrollHeight"))
    page.set_viewport_size({"width": width, "height": max(height, length)})
    PICTURES.mkdir(exist_ok=True)
    kind = f"{'narrow' if narrow else 'wide'}-{'dark' if dark else 'light'}"
    page.screenshot(path=PICTURES / f"{name}-{kind}.png", animations="disabled")


def upload_samples(api: HttpApi, *names: str, **fields: Any) -> list[dict[str, Any]]:
    answers = []
    for name in names:
        with (SAMPLES / name).open("rb") as content:
            answers.append(api.upload(name, content, fields, os.urandom(8).hex()))
    return answers
