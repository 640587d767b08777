"""``plugin_package``, built as its author would."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parent / "plugin_package"


def build_plugin(folder: Path) -> Path:
    """Its wheel. On the path it is an installed package: its metadata is where importlib looks."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=PACKAGE,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel
