"""What SQLite does for each statement about batches: a range of an index, whatever there is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from attrs import evolve
from sqlalchemy import Engine, event

from pixellab.adapters.batches.batches_in_sql import SqlBatches
from pixellab.adapters.database.engine import sqlite_engine
from pixellab.adapters.image_repositories.sql.migrate import upgrade
from pixellab.domain.batches import ItemState
from pixellab.domain.results import Cost
from pixellab.testing.contracts.batches import TERMS, make_batch, opened
from pixellab.testing.records import NOON

ONE_BATCHS_STATES = "USE TEMP B-TREE FOR GROUP BY"
"""At most seven groups, counted in the index."""


def call_every_method(batches: SqlBatches) -> None:
    batch = opened(batches, 5)
    batches.find("key 1")
    batches.page(5)
    batches.page(5, (NOON, batch.id))
    batches.unfinished(5)
    batches.take(batch.id, 2, **TERMS)
    first, second = (batches.claim(batch.id, number, **TERMS) for number in (1, 2))
    assert first is not None
    assert second is not None
    batches.under_way()
    batches.put_back(second, until=NOON)
    batches.finish(evolve(first, state=ItemState.FAILED), Cost(None, "USD"), now=NOON)
    for state in (None, ItemState.WAITING, ItemState.FAILED):
        batches.items(batch.id, state=state, after=1, limit=2)
    batches.results(batch.id, limit=2)
    batches.counts(batch.id)
    batches.costs(batch.id)
    batches.ended_since(batch.id, NOON)
    batches.retry(batch.id, 2)
    batches.cancel(batch.id, 2, now=NOON)
    batches.end_what_is_over(now=NOON)
    batches.waiting_lines()
    batches.forget(batch.id, 2)
    batches.add(make_batch(2))


def test_an_index_serves_every_statement(tmp_path: Path) -> None:
    path = tmp_path / "pixellab.db"
    engine = sqlite_engine(f"sqlite:///{path}", timeout=5, pool_size=2)
    upgrade(engine)
    batches = SqlBatches(engine, timeout=5)
    statements: dict[str, Any] = {}

    def note(_c: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        statements[statement] = parameters

    event.listen(Engine, "before_cursor_execute", note)
    try:
        call_every_method(batches)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    batches.close()
    planned = 0
    with closing(sqlite3.connect(path)) as connection:
        for statement, parameters in statements.items():
            if statement.startswith(("SELECT", "UPDATE", "DELETE")):
                plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
                for row in plan:
                    _assert_indexed(statement, row[3])
                planned += 1
    assert planned >= 25


def _assert_indexed(statement: str, line: str) -> None:
    if line == ONE_BATCHS_STATES:
        return
    newest = "SCAN batches USING INDEX ix_batches_newest"
    assert line.startswith("SEARCH ") or line == newest, f"{statement}\n{line}"
    assert "INDEX" in line or "PRIMARY KEY" in line, f"{statement}\n{line}"
