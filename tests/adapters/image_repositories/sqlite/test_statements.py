"""What SQLite does for each statement."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from pixellab.adapters.image_repositories.sql.image_repository import SqlImageRepository
from tests.adapters.image_repositories.sqlite.stored_rows import call_every_method


def test_an_index_serves_every_statement(path: Path, repository: SqlImageRepository) -> None:
    statements: dict[str, Any] = {}

    def note(_c: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        statements[statement] = parameters

    event.listen(Engine, "before_cursor_execute", note)
    try:
        call_every_method(repository)
    finally:
        event.remove(Engine, "before_cursor_execute", note)

    planned = 0
    with closing(sqlite3.connect(path)) as connection:
        for statement, parameters in statements.items():
            if statement.startswith(("SELECT", "UPDATE", "DELETE")) and "alembic" not in statement:
                plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
                _assert_indexed(statement, [row[3] for row in plan])
                planned += 1
    assert planned >= 20


# The counts have a fixed number of rows, and "ids" holds those of one page.
FEW_ROWS = {
    "SCAN image_counts",
    "CO-ROUTINE ids",
    "MATERIALIZE ids",
    "SCAN ids",
}


def _assert_indexed(statement: str, plan: list[str]) -> None:
    for line in plan:
        sorted_ids = line == "USE TEMP B-TREE FOR ORDER BY" and "SCAN ids" in plan
        if line not in FEW_ROWS and not sorted_ids:
            assert line.startswith("SEARCH "), f"{statement}\n{line}"
            assert "INDEX" in line, f"{statement}\n{line}"
