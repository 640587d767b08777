from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.strangers import Stranger, status, stranger


@pytest.fixture
def shop() -> Iterator[Stranger]:
    with stranger(status(204)) as running:
        yield running
