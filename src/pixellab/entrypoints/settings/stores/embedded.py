"""Where photos and records are kept when no other store is configured."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from pixellab.entrypoints.settings.variables import variable


class EmbeddedSettings(BaseModel):
    data_dir: Path = variable("PIXELLAB_DATA_DIR", Path("pixellab-data"), "a folder")

    @property
    def database_path(self) -> Path:
        """The SQLite file of the embedded default."""
        return self.data_dir / "pixellab.sqlite3"

    @property
    def objects_path(self) -> Path:
        """The folder of the embedded default's objects."""
        return self.data_dir / "objects"
