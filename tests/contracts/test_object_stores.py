"""Every object store keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve
from moto.server import ThreadedMotoServer

from pixellab.adapters.object_stores.filesystem import FilesystemObjectStore
from pixellab.adapters.object_stores.in_memory import InMemoryObjectStore
from pixellab.adapters.object_stores.s3.object_store import S3ObjectStore
from pixellab.domain.ports import ObjectStore
from pixellab.testing import ObjectStoreContract
from tests.servers import S3Server


class TestInMemory(ObjectStoreContract):
    @pytest.fixture
    def store(self) -> ObjectStore:
        return InMemoryObjectStore()


class TestFilesystem(ObjectStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> ObjectStore:
        return FilesystemObjectStore(tmp_path / "objects", "https://photos.example/")


class TestSeaweedFs(ObjectStoreContract):
    @pytest.fixture
    def store(self, s3_store: S3ObjectStore) -> ObjectStore:
        return s3_store


@pytest.fixture(scope="module")
def moto() -> Iterator[S3Server]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield S3Server(f"http://{host}:{port}")
    server.stop()


class TestMotoWithSignedUrls(ObjectStoreContract):
    @pytest.fixture
    def store(self, moto: S3Server) -> Iterator[ObjectStore]:
        store = S3ObjectStore(evolve(moto.new_bucket(), presign_seconds=60))
        yield store
        store.close()


class TestMoto(ObjectStoreContract):
    @pytest.fixture
    def store(self, moto: S3Server) -> Iterator[ObjectStore]:
        store = S3ObjectStore(moto.new_bucket())
        yield store
        store.close()
