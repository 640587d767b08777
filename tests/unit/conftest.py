from __future__ import annotations

import pytest

from tests.unit.installation import Installation, install


@pytest.fixture
def lab() -> Installation:
    return install()
