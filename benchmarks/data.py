"""Where the benchmarks find photos: PIXELLAB_BENCHMARK_DATA, or the folder ``data`` beside them.

It has ``photos/`` (catalogue photos, JPEG) and ``products_alpha/`` (products with alpha, PNG).
"""

from __future__ import annotations

import os
from pathlib import Path

DATA = Path(os.environ.get("PIXELLAB_BENCHMARK_DATA") or Path(__file__).parent / "data")
PHOTOS = DATA / "photos"
