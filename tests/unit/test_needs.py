"""What a test of the core alone needs to be installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("missing", ["boto3", "docker", "pymysql"])
def test_unit_tests_need_no_client_of_a_server(missing: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None; import tests.conftest, tests.unit.conftest"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=300)
