"""Does listing stay fast with a million images, and does an index serve every statement?

    python -m benchmarks.scale.listing_speed [--rows 1000000] [--runs 100] [--keep FOLDER]

Fills a MariaDB of its own with images, and half as many enhancements again, then prints how long
the repository takes to answer, deep pages beside the same pages by our own ``offset`` and by plain
OFFSET, and the server's plan of every statement that the repository sends. Exits with 1 if a figure
is over 20 ms (50 for statistics, 500 for filters and searches, whose totals are counted), or a
statement is served by no index (the 48 rows of image_counts and the sums by day excepted).
``--keep`` names a folder in which the data are made once and used again.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from attrs import evolve
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, Engine, event, text

from benchmarks.real_stores import in_mariadb
from benchmarks.scale.many_rows import CHUNK, FIRST, OLD_WORD, fill
from pixellab.adapters.image_repositories.sql.image_repository import SqlImageRepository
from pixellab.domain.errors import PixelLabError
from pixellab.domain.images import Enhancement, ProductImage, Status
from pixellab.domain.ports import ImageQuery
from pixellab.domain.requests import Mode
from pixellab.entrypoints.wiring.wire_stores import database_engine
from pixellab.testing.records import make_completed, make_enhancement, make_image
from pixellab.testing.servers import running_mariadb

LIMIT = 50
DEEP = 500_000
"""Rows before page 10,000; half of all where there are fewer."""
LONGEST_MS = 20.0
SEARCH_MS = 500.0
"""For filters and searches, whose totals are counted; as long as the dashboard may take."""
STATS_MS = 50.0
LAST_YEAR = (FIRST + timedelta(days=1)).date()
OPTIONS = (
    "--innodb-buffer-pool-size=1G",
    "--innodb-flush-log-at-trx-commit=2",
    # Reading in what was there before it was stopped would compete with the questions.
    "--innodb-buffer-pool-load-at-startup=OFF",
)
SETTLED_AT_ONCE = 4
"""As many as the server's own reconciling asks for."""
SMALL = {None, "image_counts", "alembic_version", "day_tallies", "day_costs"}
"""Tables of a few rows, or of a few a day; None is what is answered from an index before any table
is read. Others begin with "<": what an index has given already."""
FULL_SCANS = {"ALL", "index"}


def main() -> int:
    options = _options()
    console = Console(width=170)
    with (
        _folder(options.keep) as folder,
        running_mariadb(folder, *OPTIONS) as server,
    ):
        settings = in_mariadb(server, data_dir=folder / "data", database_timeout=60)
        engine = database_engine(settings, patient=True)  # OFFSET may take minutes
        fill(settings, options.rows, console)
        repository = SqlImageRepository(engine, timeout=60)
        console.print(f"{repository.page(ImageQuery(limit=1)).total} images")
        slow = _print_times(console, engine, repository, options.runs)
        unserved = _print_plans(console, engine, repository)
        repository.close()
    console.print(f"{slow} figures over {LONGEST_MS:g} ms, {unserved} statements without an index")
    return 1 if slow or unserved else 0


def _print_times(
    console: Console, engine: Engine, repository: SqlImageRepository, runs: int
) -> int:
    """How many figures are too large."""
    table = Table(
        *("question", "median, ms", "p95, ms", "by offset, ms", "by plain OFFSET, ms", "ratio"),
        title="Times",
    )
    some = _some_images(repository, runs)
    now, ids = datetime.now(UTC), [each.id for each in some]
    slow = 0

    def show(
        question: str, times: list[float], *by_offset: float, most: float = LONGEST_MS
    ) -> None:
        nonlocal slow
        median, p95 = np.percentile(times, (50, 95))
        slow += (median > most) + (p95 > most)
        beside = [f"{ms:.1f}" for ms in by_offset]
        ratio = [f"{by_offset[-1] / median:.0f}"] if by_offset else []
        table.add_row(question, f"{median:.1f}", f"{p95:.1f}", *beside, *ratio)

    for status in (None, *Status):
        query = ImageQuery(limit=LIMIT, status=status)
        depth = min(DEEP, repository.page(query).total // 2)
        name = f"page of {status or 'all'}"
        show(f"{name}: first", _times(repository.page, [query] * runs))
        show(f"{name}: {depth:,} rows deep", *_deep_times(repository, engine, query, depth, runs))
    for name, query in _found().items():
        show(name, _times(repository.page, [query] * runs), most=SEARCH_MS)
    show("statistics of 366 days", _times(repository.statistics, [LAST_YEAR] * runs), most=STATS_MS)
    show("history of an image", _times(repository.history, ids))
    show("one image", _times(repository.get, ids))
    show("an idempotency key", _times(repository.find, [each.idempotency_key for each in some]))
    waiting = partial(repository.unfinished, now)
    show(f"{SETTLED_AT_ONCE} unfinished enhancements", _times(waiting, [SETTLED_AT_ONCE] * runs))
    show("deleted images", _times(repository.deleted, [LIMIT] * runs))
    console.print(table)
    return slow


def _found() -> dict[str, ImageQuery]:
    """Pages by filters and by words: frequent and rare ones, and one that only old images have."""
    year = {"since": FIRST + timedelta(days=100), "before": FIRST + timedelta(days=200)}
    return {
        "mode": ImageQuery(mode=Mode.SHARPEN),
        "mode and backend": ImageQuery(mode=Mode.SHARPEN, backend="SHINY"),
        "status, mode and backend": ImageQuery(
            status=Status.FAILED, mode=Mode.UPSCALE, backend="SHINY"
        ),
        "backend, none": ImageQuery(backend="GEMINI"),
        "100 days": ImageQuery(**year),
        "q: all have it": ImageQuery(search="photo"),
        "q: 1 of 256": ImageQuery(search="a1"),
        "q: 1 of 4096": ImageQuery(search="a1b"),
        "q: none": ImageQuery(search="zebra"),
        "q: all and 1 of 256": ImageQuery(search="photo.jpg a1"),
        "q: the oldest 1 of 50": ImageQuery(search=OLD_WORD),
        "q: the oldest 1 of 50, mode": ImageQuery(search=OLD_WORD, mode=Mode.SHARPEN),
        "q: all have it, mode, 100 days": ImageQuery(search="photo", mode=Mode.SHARPEN, **year),
    }


def _deep_times(
    repository: SqlImageRepository, engine: Engine, query: ImageQuery, depth: int, runs: int
) -> tuple[list[float], float, float]:
    """Of pages by cursor, one after another; of the first by our offset; and by plain OFFSET."""
    wanted = "deleted_at IS NULL" + (f" AND status = '{query.status}'" if query.status else "")
    deep = (
        f"FROM product_images WHERE {wanted} ORDER BY created_at DESC, id DESC "
        f"LIMIT {query.limit + 1} OFFSET {depth}"
    )
    with engine.connect() as connection:
        # From the index alone, which is quick.
        at = connection.execute(text(f"SELECT created_at, id {deep}")).first()
        assert at is not None
        [peer] = _times(lambda sql: connection.execute(text(sql)).all(), [f"SELECT * {deep}"])
    after, times = (at.created_at.replace(tzinfo=UTC), at.id), []
    for _ in range(runs):
        began = time.perf_counter()
        page = repository.page(evolve(query, after=after))
        times.append((time.perf_counter() - began) * 1000)
        after = page.next_after or after
    [by_offset] = _times(repository.page, [evolve(query, offset=depth)])
    return times, by_offset, peer


def _times(call: Callable[[Any], object], arguments: Iterable[Any]) -> list[float]:
    """Milliseconds of each call."""
    times = []
    for argument in arguments:
        began = time.perf_counter()
        call(argument)
        times.append((time.perf_counter() - began) * 1000)
    return times


def _some_images(repository: SqlImageRepository, count: int) -> list[ProductImage]:
    """Images of all times."""
    chance = random.Random(1)
    last = repository.page(ImageQuery(limit=1)).images[0].created_at
    moments = [FIRST + chance.random() * (last - FIRST) for _ in range(count)]
    pages = [repository.page(ImageQuery(limit=1, after=(each, "~"))) for each in moments]
    return [image for page in pages for image in page.images]


def _print_plans(console: Console, engine: Engine, repository: SqlImageRepository) -> int:
    """How many statements are served by no index."""
    table = Table("method", "statement", "table", "type", "key", "rows", "Extra", title="Plans")
    unserved: list[str] = []
    method = ""

    def explain(
        connection: Connection, _cursor: Any, statement: str, parameters: Any, *_rest: Any
    ) -> None:
        if not statement.startswith(("SELECT", "UPDATE", "DELETE")):
            return
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(f"EXPLAIN FORMAT=TRADITIONAL {statement}", parameters)
            names = [each[0] for each in cursor.description or ()]
            plan = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        words = statement.split()
        verb = f"{words[0]} FOR UPDATE" if words[-1] == "UPDATE" else words[0]
        for line in plan:
            small = line["table"] in SMALL or line["table"].startswith("<")
            if not small and (not line["key"] or line["type"] in FULL_SCANS):
                unserved.append(statement)
            shown = [str(line[name] or "") for name in ("table", "type", "key", "rows", "Extra")]
            table.add_row(method, verb, *shown)

    calls = list(_every_method(repository))
    event.listen(engine, "before_cursor_execute", explain)
    try:
        for method, call in calls:  # noqa: B007
            with suppress(PixelLabError):
                call()
    finally:
        event.remove(engine, "before_cursor_execute", explain)
    console.print(table)
    for statement in unserved:
        console.print(f"NO INDEX: {statement}")
    return len(unserved)


def _every_method(
    repository: SqlImageRepository,
) -> Iterator[tuple[str, Callable[[], object]]]:
    """Every method of the repository; those that change something, on an image of their own."""
    now = datetime.now(UTC)
    later = now + timedelta(minutes=10)
    image = make_image(2**40 + int(time.time()), idempotency_key=f"{now}", created_at=now)
    other = evolve(image, idempotency_key=None)
    claimed: list[Enhancement] = []
    yield "check", repository.check
    yield "add", lambda: repository.add(image, make_enhancement(image))
    yield "add: key was used", lambda: repository.add(image, make_enhancement(image))
    yield "add: sku_id is taken", lambda: repository.add(other, make_enhancement(other))
    yield "get", lambda: repository.get(image.id)
    yield "find", lambda: repository.find(f"{now}")
    for status in (None, *Status):
        query = ImageQuery(limit=LIMIT, status=status)
        after = repository.page(evolve(query, offset=100)).next_after
        yield f"page: {status or 'all'}", partial(repository.page, query)
        yield (
            f"page: {status or 'all'}, cursor",
            partial(repository.page, evolve(query, after=after)),
        )
    for name, query in _found().items():
        yield name, partial(repository.page, query)
    yield "statistics", lambda: repository.statistics(LAST_YEAR)
    yield "keep_original", lambda: repository.keep_original(image.id, image.original, now=now)
    again = partial(make_enhancement, image)
    yield "add_enhancement", lambda: repository.add_enhancement(image.id, again)
    claim = partial(repository.claim, image.id, 1, now=now, until=later)
    yield "claim", lambda: claimed.append(claim())
    yield "finish", lambda: repository.finish(make_completed(claimed[0]))
    yield "history", lambda: repository.history(image.id)
    yield "unfinished", lambda: repository.unfinished(now, SETTLED_AT_ONCE)
    yield "mark_deleted", lambda: repository.mark_deleted(image.id, now=later)
    yield "deleted", lambda: repository.deleted(LIMIT)
    yield "deleted: one", lambda: repository.deleted(1, image.id)
    yield "forget", lambda: repository.forget(image.id)


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is None:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
    else:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000, help=f"a multiple of {CHUNK:,}")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--keep", type=Path, help="where the data are kept")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
