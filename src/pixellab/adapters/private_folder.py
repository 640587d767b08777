"""A folder for what belongs to whoever runs PixelLab: other people's photos, and their records."""

from __future__ import annotations

from pathlib import Path

FOLDER_MODE, FILE_MODE = 0o700, 0o600
"""For the owner alone, whatever the umask."""


def make_private_folder(folder: Path) -> None:
    """Make the folder, and the missing ones around it; one that is there stays as it is.

    Raises OSError.
    """
    if not folder.parent.exists():
        make_private_folder(folder.parent)
    folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
