"""rembg, the peer of the cut-out, with the same u2netp, in an environment and process of its own.

It is installed by pip into ``benchmarks/peers/rembg/.venv`` the first time it is asked for.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).parent / "rembg"
PYTHON = FOLDER / ".venv" / "bin" / "python"


class Rembg:
    """rembg's process; ``close`` ends it."""

    def __init__(self, u2netp: Path) -> None:
        self._install()
        self._folder = tempfile.TemporaryDirectory()
        model = Path(self._folder.name) / "models" / "u2netp" / "u2netp.onnx"
        model.parent.mkdir(parents=True)
        shutil.copy(u2netp, model)
        self._process = subprocess.Popen(
            [PYTHON, FOLDER / "peer.py"],
            env={**os.environ, "U2NET_HOME": self._folder.name, "REMBG_HOME": self._folder.name},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def cut_out(self, scene: NDArray[Any], *, matting: bool) -> tuple[NDArray[Any], float]:
        """(uint8 RGBA, seconds)."""
        photo, result = (Path(self._folder.name) / name for name in ("photo.npy", "result.npy"))
        np.save(photo, scene)
        job = {"photo": str(photo), "result": str(result), "matting": matting}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return np.load(result), float(answer["seconds"])

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._folder.cleanup()

    def _install(self) -> None:
        if not PYTHON.exists():
            subprocess.run([sys.executable, "-m", "venv", FOLDER / ".venv"], check=True)
        has = [PYTHON, "-c", "import importlib.metadata as m; m.version('rembg')"]
        if subprocess.run(has, capture_output=True, check=False).returncode:
            command = [PYTHON, "-m", "pip", "install", "--quiet", "-r", FOLDER / "requirements.txt"]
            subprocess.run(command, check=True)
