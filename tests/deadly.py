"""A third party's backend that kills its process on some photos, and can be held up."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from pixellab.domain.pictures import Picture, QualityReport
from pixellab.domain.ports import Enhancer
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import Enhanced


class Deadly(Enhancer):
    """Kills its process where the photo's first pixel is red, as a decoder's bug would; works as
    long as the file named in DEADLY_HOLD is there."""

    name = "DEADLY"
    modes = frozenset(Mode)

    def enhance(
        self,
        picture: Picture,
        task: Task,
        report: QualityReport | None = None,
        *,
        attempt: str | None = None,
    ) -> Enhanced:
        red, green, blue = picture.pixels[0, 0, :3]
        if red > 200 and green < 50 and blue < 50:
            os.kill(os.getpid(), signal.SIGKILL)
        hold = Path(os.environ.get("DEADLY_HOLD", "none"))
        while hold.exists():
            time.sleep(0.02)
        return Enhanced(picture=picture, backend=self.name, model_version="deadly-1")
