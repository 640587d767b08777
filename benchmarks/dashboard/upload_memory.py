"""Does the dashboard let go of what was uploaded?

    python -m benchmarks.dashboard.upload_memory [--photos 50] [--megabytes 10]

Uploads photos through the page, in Chromium, and prints the memory of Streamlit's process (its
resident set) before, at its highest, and after, the visitor's page being still open. Exits with 1
if more than 150 MB stay.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from pathlib import Path

import psutil
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from benchmarks.scale.many_rows import PHOTO
from tests.e2e.dashboard.conftest import launched
from tests.e2e.dashboard.running import running_api, running_dashboard

MOST_KEPT_MB = 150.0
MB = 1_000_000
PATIENCE_MS = 1_800_000
LOOK_SECONDS = 0.2


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photos = _photos(folder, options.photos, options.megabytes)
        with (
            running_api(folder) as api,
            running_dashboard(folder, api.address) as address,
            sync_playwright() as playwright,
            launched(playwright) as browser,
        ):
            server = _streamlit()
            page = browser.new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.goto(address)
            # One of them first, so that what is loaded once is there.
            _enhance(page, photos[:1])
            before = server.memory_info().rss / MB
            with Highest(server) as highest:
                _enhance(page, photos)
            after = server.memory_info().rss / MB
    print(f"{len(photos)} photos of {options.megabytes} MB: {before:.0f} MB before,")
    print(f"{highest.mb:.0f} MB at the highest, {after:.0f} MB after: {after - before:+.0f} MB")
    return int(after - before > MOST_KEPT_MB)


class Highest:
    """The most memory that a process has while this is open."""

    def __init__(self, process: psutil.Process) -> None:
        self.mb = 0.0
        self._process = process
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Highest:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            self.mb = max(self.mb, self._process.memory_info().rss / MB)


def _photos(folder: Path, number: int, megabytes: int) -> list[Path]:
    """BMP files, whose size is that of their pixels."""
    side = round((megabytes * MB / 3) ** 0.5)
    picture = Image.open(PHOTO).convert("RGB").resize((side, side))
    files = [folder / f"photo-{each}.bmp" for each in range(number)]
    for file in files:
        picture.save(file)
    return files


def _streamlit() -> psutil.Process:
    for process in psutil.Process().children(recursive=True):
        if "streamlit" in process.cmdline():
            return process
    raise RuntimeError("Streamlit does not run.")


def _enhance(page: Page, photos: list[Path]) -> None:
    page.get_by_role("combobox", name="What to do").click()
    page.get_by_role("option", name="Smaller file").click()
    page.locator('input[type="file"]').first.set_input_files([str(each) for each in photos])
    many = "1 photo" if len(photos) == 1 else f"{len(photos)} photos"
    page.get_by_role("button", name=f"Enhance {many}").click()
    page.get_by_role("button", name="Clear the list").click()
    page.get_by_text("Nothing yet.").wait_for()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=50)
    parser.add_argument("--megabytes", type=int, default=10)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
