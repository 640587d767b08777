"""A folder for what belongs to whoever runs PixelLab: other people's photos, and their records."""

from __future__ import annotations

import shlex
import shutil
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from pixellab.domain.errors import StoreUnavailable
from pixellab.domain.findings import Finding, fine, problem, warning

FOLDER_MODE, FILE_MODE = 0o700, 0o600
"""For the owner alone, whatever the umask."""
OTHERS = stat.S_IRWXG | stat.S_IRWXO
LITTLE_SPACE, TOO_LITTLE_SPACE = 2_000_000_000, 100_000_000
"""Bytes free below which uploads will fail soon, and do fail."""


def make_private_folder(folder: Path) -> None:
    """Make the folder, and the missing ones around it; one that is there stays as it is.

    Raises OSError.
    """
    if not folder.parent.exists():
        make_private_folder(folder.parent)
    folder.mkdir(mode=FOLDER_MODE, exist_ok=True)


@frozen
class DataFolder:
    """The folder of the embedded default, and what is ``kept`` in it."""

    path: Path
    kept: Sequence[Path] = ()

    def make(self) -> None:
        """Raises StoreUnavailable where that cannot be done."""
        try:
            make_private_folder(self.path)
        except OSError as error:
            raise StoreUnavailable(
                "The data folder cannot be made; set PIXELLAB_DATA_DIR to one that can be written "
                "to."
            ) from error

    def diagnose(self) -> list[Finding]:
        """Whether it can be written to, has room, and is closed to others. Makes it."""
        name = str(self.path.absolute())
        try:
            make_private_folder(self.path)
            with tempfile.TemporaryFile(dir=self.path) as trial:
                trial.write(b"doctor")
                trial.flush()
            free = shutil.disk_usage(self.path).free
        except OSError as error:
            advice = (
                "Make it a folder that this user may write to, or set PIXELLAB_DATA_DIR to one."
            )
            found = f"{name} cannot be written to: {error.strerror}"
            return [problem("data folder", found, advice)]
        findings = [fine("data folder", f"{name} can be written to"), _space(free)]
        if _is_open(self.path) and any(map(_is_open, self.kept)):
            found = "other users of this machine can open what is kept there"
            advice = f"Unless that is meant: chmod -R go-rwx {shlex.quote(name)}"
            findings.append(warning("data folder's permissions", found, advice))
        return findings


def _space(free: int) -> Finding:
    part, found = "disk space", f"{free / 1e9:.1f} GB free"
    if free >= LITTLE_SPACE:
        return fine(part, found)
    tell = problem if free < TOO_LITTLE_SPACE else warning
    return tell(part, found, "Make room, or move the data folder.")


def _is_open(path: Path) -> bool:
    """Whether others than its owner may open it."""
    return path.exists() and bool(path.stat().st_mode & OTHERS)
