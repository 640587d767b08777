"""The same photo and task give the same file, whichever process makes it."""

from __future__ import annotations

from pathlib import Path

import pytest

import pixellab
from tests.compare_bytes import Scope, differences, digests

INSTALLED = Path(pixellab.__file__).parents[1]


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return digests(INSTALLED, Scope.ONE)


def test_every_mode_writes_every_format(made: dict[str, str]) -> None:
    for mode in pixellab.Mode:
        for written in pixellab.Format:
            assert f"noisy {mode} {written} none" in made


def test_another_process_makes_the_same_bytes(made: dict[str, str]) -> None:
    # Another order of every set and dictionary of text, and one thread in place of many.
    again = digests(INSTALLED, Scope.ONE, PYTHONHASHSEED="7", OMP_NUM_THREADS="1")
    assert differences(made, again) == []


def test_a_checkout_that_makes_other_bytes_is_told(made: dict[str, str], tmp_path: Path) -> None:
    other = tmp_path / "pixellab"
    other.mkdir()
    (other / "__init__.py").write_text(OTHER)
    assert differences(made, digests(tmp_path, Scope.ONE)) == sorted(made)


OTHER = """
from contextlib import contextmanager
from types import SimpleNamespace

Mode = ("AUTO",)
Format = ("PNG",)


@contextmanager
def open_pixellab(**settings):
    result = SimpleNamespace(encoded=SimpleNamespace(data=b"other"), warnings=())
    yield SimpleNamespace(enhance=lambda photo, **task: result)
"""
