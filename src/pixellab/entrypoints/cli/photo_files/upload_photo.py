"""Uploading a photo of a folder once, however often the folder is done."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from pixellab.domain.requests import Task
from pixellab.domain.use_cases import Upload
from pixellab.entrypoints.cli.photo_files import outputs
from pixellab.entrypoints.cli.photo_files.each_photo import Done
from pixellab.entrypoints.cli.show import screen
from pixellab.entrypoints.telemetry.logs import UploadLog

if TYPE_CHECKING:
    from pixellab.entrypoints.answers import UploadAnswer
    from pixellab.entrypoints.lab import PixelLab


@frozen(kw_only=True)
class PhotoUpload:
    """Uploads the photos of ``folder``, each as ``task`` and ``backend`` say.

    The records alone tell what is done, so the same folder may be gone on with anywhere: a photo
    is uploaded under an idempotency key made of its name within the folder and of what is asked.
    """

    lab: PixelLab
    folder: Path
    task: Task
    backend: str | None

    def __call__(self, photo: str) -> Done[UploadAnswer]:
        """Raises PixelLabError."""
        from pixellab.entrypoints.answers import UploadAnswer
        from pixellab.entrypoints.lab import utc_now

        source, began = self.folder / photo, utc_now()
        outputs.check_photo(source)
        with source.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
            content.seek(0)
            wanted = Upload(
                content=content,
                filename=screen.shown(source.name),
                task=self.task,
                backend=self.backend,
                own_key=self._key(photo, digest),
            )
            outcome = self.lab.upload_and_enhance(wanted, UploadLog())
        done = outcome.enhancement.finished_at
        earlier = outcome.replayed and done is not None and done < began
        return Done(answer=UploadAnswer.of(outcome, self.lab.store), earlier=earlier)

    def _key(self, photo: str, digest: str) -> str:
        asked = {**self.task.orders, "backend": self.backend}
        text = json.dumps([photo, digest, asked], sort_keys=True)
        return "file:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
