"""How long does the dashboard's gallery take to show a page, with 100,000 images?

    python -m benchmarks.dashboard.gallery_speed [--rows 100000] [--runs 7]

Fills a MariaDB of its own, and opens the gallery in Chromium, each time as a new visitor without a
cache. A page is there once all of its cards are, and the pictures that can be seen are drawn.
Beside it, in the same run, a gallery as Streamlit's own ``st.image`` makes it, of the same images
through the same API. Exits with 1 if the first paint takes more than 1.5 s, or a page turn 0.5 s.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console
from rich.table import Table

from benchmarks.real_stores import in_mariadb
from benchmarks.scale.many_rows import CHUNK, PHOTO, fill
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.dashboard.http_api import HttpApi
from pixellab.entrypoints.settings import Settings
from pixellab.testing.servers import running_mariadb
from tests.e2e.dashboard.conftest import launched
from tests.e2e.dashboard.running import (
    free_port,
    running_api,
    running_dashboard,
    wait_until_answered,
)

A_PAGE = 24
"""Images on a page of the gallery, and of the one beside it."""
THUMBNAIL = 320
LONGEST_PAINT, LONGEST_TURN = 1.5, 0.5
PEER = Path(__file__).parents[1] / "peers" / "streamlit_gallery.py"
DRAWN = f"""
(cards) => {{
  const pictures = [...document.querySelectorAll('[data-testid="stMain"] img')];
  const seen = pictures.filter((each) => {{
    const box = each.getBoundingClientRect();
    return box.top < innerHeight && box.bottom > 0;
  }});
  return pictures.length >= {A_PAGE} && seen.every((each) => each.complete && each.naturalWidth)
    && pictures[0].src !== cards;
}}
"""


def main() -> int:
    options = _options()
    console = Console(width=120)
    with (
        tempfile.TemporaryDirectory() as name,
        running_mariadb(Path(name)) as server,
    ):
        folder = Path(name)
        settings = in_mariadb(server, data_dir=folder / "data", database_timeout=60)
        fill(settings, options.rows, console)
        with running_api(folder, **_variables(settings)) as api:
            _store_pictures(settings, HttpApi(api.address), options.runs + 2)
            with (
                sync_playwright() as playwright,
                launched(playwright) as browser,
                running_dashboard(folder, api.address) as ours,
                _running_peer(folder, api.address) as peer,
            ):
                gallery = f"{ours}/dashboard?status=COMPLETED"
                figures = {
                    "PixelLab": _measure(browser, gallery, options.runs),
                    "st.image": _measure(browser, peer, options.runs),
                }
    return _print(console, options.rows, figures)


def _measure(browser: Browser, address: str, runs: int) -> tuple[float, float]:
    """Medians of the first paint and of a page's turn, in seconds."""
    _first_paint(browser, address)  # Whoever comes first waits for what is loaded once.
    paints = [_first_paint(browser, address) for _ in range(runs)]
    return median(paints), median(_turns(browser, address, runs))


def _first_paint(browser: Browser, address: str) -> float:
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    began = time.perf_counter()
    page.goto(address)
    page.wait_for_function(DRAWN, arg="")
    seconds = time.perf_counter() - began
    context.close()
    return seconds


def _turns(browser: Browser, address: str, runs: int) -> Iterator[float]:
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    page.goto(address)
    page.wait_for_function(DRAWN, arg="")
    for _ in range(runs):
        yield _seconds(lambda: _turn(page))
    context.close()


def _turn(page: Page) -> None:
    first = page.locator('[data-testid="stMain"] img').first.get_attribute("src")
    page.get_by_role("button", name="Next page").click()
    page.wait_for_function(DRAWN, arg=first)


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _store_pictures(settings: Settings, api: HttpApi, pages: int) -> None:
    """The copied rows name objects that were never stored; those that will be seen are now."""
    with bootstrap(settings) as lab:
        photo = PHOTO.read_bytes()
        picture = lab.imaging.open(io.BytesIO(photo))
        thumbnail = lab.imaging.thumbnail(picture, THUMBNAIL).data
        for number in range(pages):
            place = {"limit": A_PAGE, "offset": number * A_PAGE, "status": "COMPLETED"}
            for image in api.images(**place)["images"]:
                for url, content, kind in (
                    (image["thumbnail_url"], thumbnail, "image/webp"),
                    # Streamlit names files by their content, so no two may be the same.
                    (image["enhanced_image_url"], photo + image["id"].encode(), "image/jpeg"),
                ):
                    key = url.partition("/files/")[2]
                    name = key.rpartition("/")[2]
                    lab.store.put(key, io.BytesIO(content), media_type=kind, filename=name)


def _variables(settings: Settings) -> dict[str, str]:
    return {
        "MYSQL_HOST": str(settings.mysql_host),
        "MYSQL_PORT": str(settings.mysql_port),
        "MYSQL_DATABASE": str(settings.mysql_database),
        "MYSQL_USER": str(settings.mysql_user),
        "MYSQL_PASSWORD": settings.mysql_password.get_secret_value(),
        "PIXELLAB_RATE_LIMIT": "off",
    }


@contextmanager
def _running_peer(folder: Path, api: str) -> Iterator[str]:
    port = free_port()
    flags = ["--server.headless=true", "--browser.gatherUsageStats=false", f"--server.port={port}"]
    command = [sys.executable, "-m", "streamlit", "run", str(PEER), *flags, "--", api]
    with (folder / "peer.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=os.environ)
    try:
        wait_until_answered(f"http://localhost:{port}/_stcore/health", process)
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait()


def _print(console: Console, rows: int, figures: dict[str, tuple[float, float]]) -> int:
    table = Table("", "first paint, s", "page turn, s", title=f"A gallery of {rows:,} images")
    for name, (paint, turn) in figures.items():
        table.add_row(name, f"{paint:.2f}", f"{turn:.2f}")
    console.print(table)
    paint, turn = figures["PixelLab"]
    return int(paint > LONGEST_PAINT or turn > LONGEST_TURN)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help=f"a multiple of {CHUNK:,}")
    parser.add_argument("--runs", type=int, default=7)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
