"""Fifty who enhance the same stored photo again at once: does each get a number of its own?

    python -m benchmarks.scale.enhance_again [--threads 50]

Over a MariaDB of its own and a store in memory. The numbers have to be 2, 3, ... without a gap or
a repeat, and every enhancement completed; exits with 1 if not. Printed beside it: how long the
same work takes where each thread has a photo of its own, so that none waits for another's number.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from benchmarks.real_stores import in_mariadb
from pixellab.adapters.object_stores.in_memory import InMemoryObjectStore
from pixellab.domain.errors import PixelLabError
from pixellab.domain.requests import Mode, Task
from pixellab.domain.use_cases import Outcome, Upload
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.lab import PixelLab
from pixellab.testing.servers import running_mariadb
from pixellab.testing.threads import at_once

PHOTO = Path(__file__).parents[2] / "samples" / "yellow-box.jpg"
SMALLER = 8
"""Times: so that the threads meet in the database rather than wait for the processor."""
TIMEOUT = 60.0
"""Seconds that a thread may wait for a connection or a lock: there are more than connections."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=50)
    threads = parser.parse_args().threads
    with (
        tempfile.TemporaryDirectory() as folder,
        running_mariadb(Path(folder)) as server,
        bootstrap(
            in_mariadb(server, database_timeout=TIMEOUT), store=InMemoryObjectStore()
        ) as pixellab,
    ):
        image_ids = [_upload(pixellab) for _ in range(threads + 1)]
        _, apart = _enhance_again(pixellab, image_ids[1:])
        numbers, together = _enhance_again(pixellab, image_ids[:1] * threads)
        history = pixellab.get_history(image_ids[0])[1]
    wanted = list(range(2, threads + 2))
    completed = [each.sequence for each in history if each.status == "completed"]
    print(f"Numbers: {' '.join(map(str, numbers))}")
    print(f"missing: {sorted(set(wanted) - set(numbers))}, ", end="")
    print(f"twice: {sorted({each for each in numbers if numbers.count(each) > 1})}, ", end="")
    print(f"completed in the history: {len(completed)} of {threads + 1}")
    print(f"{threads} threads, the same photo:       {together:.2f} s")
    print(f"{threads} threads, a photo of their own: {apart:.2f} s (ratio {together / apart:.2f})")
    return 0 if sorted(numbers) == wanted and completed == [1, *wanted] else 1


def _upload(pixellab: PixelLab) -> str:
    content = io.BytesIO()
    Image.open(PHOTO).reduce(SMALLER).save(content, "JPEG")
    return pixellab.upload_and_enhance(Upload(content=content)).image.id


def _enhance_again(pixellab: PixelLab, image_ids: Sequence[str]) -> tuple[list[int], float]:
    """The numbers that the enhancements got, in the order of the threads, and seconds."""
    task = Task(mode=Mode.OPTIMIZE)
    began = time.perf_counter()
    done = at_once(lambda n: pixellab.enhance_again(image_ids[n], task), len(image_ids))
    return [_number(each) for each in done], time.perf_counter() - began


def _number(done: Outcome | PixelLabError) -> int:
    if isinstance(done, PixelLabError):
        raise done
    return done.enhancement.sequence


if __name__ == "__main__":
    sys.exit(main())
