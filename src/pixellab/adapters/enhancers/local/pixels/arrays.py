"""Names for kinds of arrays.

OpenCV's annotations don't tell one dtype from another, so to a type checker these are alike; their
names tell the reader.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

Bytes = NDArray[Any]
"""uint8: (height, width) or (height, width, 3), channels R, G, B."""
Floats = NDArray[Any]
"""float32."""
Mask = NDArray[Any]
"""bool, (height, width)."""
