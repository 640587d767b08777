"""Backends that are made for a benchmark, found as any other package's."""

from __future__ import annotations

from pathlib import Path


def plugin(folder: Path, module: str, backend: str, code: str) -> Path:
    """The folder to put on Python's path: a distribution whose ``module`` has ``backend``."""
    record = folder / f"pixellab_{module}-1.0.dist-info"
    record.mkdir(parents=True)
    named = f"Metadata-Version: 2.1\nName: pixellab-{module}\nVersion: 1.0\n"
    (record / "METADATA").write_text(named)
    found = f"[pixellab.enhancers]\n{module} = {module}:{backend}\n"
    (record / "entry_points.txt").write_text(found)
    (folder / f"{module}.py").write_text(code)
    return folder
