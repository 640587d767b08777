"""What has to be installed for what."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pixellab.domain.errors import Misconfigured
from pixellab.entrypoints.cli.commands.operate import SERVER_PACKAGES
from pixellab.entrypoints.error_table import PROBLEMS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("missing", ["boto3", "docker", "pymysql"])
def test_unit_tests_need_no_client_of_a_server(missing: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None; import tests.conftest, tests.unit.conftest"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=300)


BLOCK = "import sys; [sys.modules.setdefault(name, None) for name in sys.argv[1:]];"
WITH_THEIR_OWN = sorted({*SERVER_PACKAGES, "anyio", "httpx", "msgspec", "swagger_ui"})


def test_the_library_needs_no_web_server(tmp_path: Path) -> None:
    code = (
        f"{BLOCK} from pixellab import open_pixellab;"
        f"lab = open_pixellab(data_dir={str(tmp_path)!r}).__enter__();"
        "print(lab.upload('samples/soft-watch.jpg', mode='OPTIMIZE').image.status)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, *WITH_THEIR_OWN],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert ran.stdout == "COMPLETED\n"


@pytest.mark.parametrize(
    ("command", "missing"),
    [("dashboard", "streamlit"), *(("serve", each) for each in sorted(SERVER_PACKAGES))],
)
def test_serving_without_its_extra_says_what_to_install(command: str, missing: str) -> None:
    code = f"{BLOCK} from pixellab.entrypoints.cli.main import run; sys.exit(run([{command!r}]))"
    ran = subprocess.run(
        [sys.executable, "-c", code, missing],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == PROBLEMS[Misconfigured].exit_code
    assert f"needs {missing}, which is not installed" in ran.stderr
    extra = "dashboard" if command == "dashboard" else "server"
    assert f"pip install '.[{extra}]'" in ran.stderr
