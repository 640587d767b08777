"""Runs in rembg's own environment: cuts products out with u2netp, one JSON line per picture.

Reads ``{"photo", "result", "matting"}`` (a .npy file of uint8 RGB, and where to put uint8 RGBA),
and answers ``{"seconds"}`` of rembg's ``remove`` alone.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from PIL import Image
from rembg import new_session, remove

session = new_session("u2netp")
for line in sys.stdin:
    job = json.loads(line)
    picture = Image.fromarray(np.load(job["photo"]))
    started = time.perf_counter()
    cutout = remove(picture, session=session, alpha_matting=job["matting"])
    seconds = time.perf_counter() - started
    np.save(job["result"], np.asarray(cutout))
    print(json.dumps({"seconds": seconds}), flush=True)
