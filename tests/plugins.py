"""Packages that bring backends, installed as importlib sees it: they lie on the path."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

EXAMPLE = Path(__file__).parents[1] / "examples" / "pixellab-enhancer-sepia"
TROUBLESOME = {
    "moody": "troublesome:Moody",
    "stuck": "troublesome:Stuck",
    "clumsy": "troublesome:Clumsy",
    "hollow": "troublesome:Hollow",
    "empty": "troublesome:Empty",
    "rusty": "troublesome.missing:Rusty",
}


def build_example(folder: Path) -> Path:
    """The wheel of the example, built as its author would, to be put on the path."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=EXAMPLE,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(folder: Path, package: str, entries: Mapping[str, str], **modules: str) -> Path:
    """A package of that name with these entry points and the source of its modules."""
    record = folder / f"{package.replace('-', '_')}-1.0.dist-info"
    record.mkdir(parents=True)
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = [f"{name} = {target}\n" for name, target in entries.items()]
    (record / "entry_points.txt").write_text("[pixellab.enhancers]\n" + "".join(lines))
    for name, source in modules.items():
        (folder / f"{name}.py").write_text(source)
    return folder


def install_troublesome(folder: Path) -> Path:
    """The backends of ``tests/troublesome.py``, and one whose module is missing."""
    source = (Path(__file__).parent / "troublesome.py").read_text(encoding="utf-8")
    return install(folder, "pixellab-troublesome", TROUBLESOME, troublesome=source)
