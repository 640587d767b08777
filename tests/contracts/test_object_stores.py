"""Every object store keeps the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixellab.adapters.in_memory import InMemoryObjectStore
from pixellab.adapters.stores.filesystem import FilesystemObjectStore
from pixellab.domain.ports import ObjectStore
from pixellab.testing import ObjectStoreContract


class TestInMemory(ObjectStoreContract):
    @pytest.fixture
    def store(self) -> ObjectStore:
        return InMemoryObjectStore()


class TestFilesystem(ObjectStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> ObjectStore:
        return FilesystemObjectStore(tmp_path / "objects", "https://photos.example/")
