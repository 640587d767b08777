"""Backends and stores that fail, wait or overflow while the server is at work."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import BinaryIO

import pytest
from attrs import evolve

from pixellab.adapters.enhancers.deterministic import DeterministicEnhancer
from pixellab.adapters.enhancers.routing import RoutedEnhancers
from pixellab.adapters.image_repositories.in_memory import InMemoryImageRepository
from pixellab.adapters.object_stores.filesystem import FilesystemObjectStore
from pixellab.adapters.object_stores.in_memory import InMemoryObjectStore
from pixellab.domain.errors import (
    BackendFailed,
    BackendRefused,
    BackendTimeout,
    BackendUnavailable,
    StoreUnavailable,
)
from pixellab.domain.images import Enhancement, ProductImage, Status, StoredObject
from pixellab.domain.pictures import Picture, QualityReport
from pixellab.domain.ports import Enhancer, Enhancers, ImageQuery
from pixellab.domain.requests import Task
from pixellab.domain.results import Enhanced
from pixellab.domain.use_cases import Upload
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.lab import utc_now
from tests.conftest import photo_bytes
from tests.e2e.api.conftest import IMAGES, Api, Configure, served
from tests.e2e.api.test_bad_input import check_problem
from tests.e2e.api.test_upload import path_of
from tests.e2e.conftest import embedded_only


class Gated(DeterministicEnhancer):
    """Waits until it is let through."""

    def __init__(self, name: str = "LOCAL") -> None:
        super().__init__(name)
        self.begun = threading.Semaphore(0)
        self.opened = threading.Event()

    def enhance(
        self,
        picture: Picture,
        task: Task,
        report: QualityReport | None = None,
        *,
        attempt: str | None = None,
    ) -> Enhanced:
        self.begun.release()
        assert self.opened.wait(30)
        return super().enhance(picture, task, report, attempt=attempt)


class Failing(DeterministicEnhancer):
    """Raises what it was last given."""

    error: Exception

    def enhance(
        self,
        picture: Picture,
        task: Task,
        report: QualityReport | None = None,
        *,
        attempt: str | None = None,
    ) -> Enhanced:
        raise self.error


def only(enhancer: Enhancer, configure: Configure) -> Enhancers:
    return RoutedEnhancers({"LOCAL": lambda: enhancer}, configure().routing_table)


def statuses(api: Api) -> dict[str, int]:
    return {
        str(status): total
        for status in Status
        if (total := api.lab.list_images(ImageQuery(status=status)).total)
    }


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@embedded_only
def test_a_full_queue_is_a_clean_503_and_the_others_finish(configure: Configure) -> None:
    gate = Gated()
    with (
        served(configure(workers=1, queue=2), enhancers=only(gate, configure)) as api,
        ThreadPoolExecutor(3) as clients,
    ):
        admitted = [clients.submit(api.upload) for _ in range(3)]
        assert gate.begun.acquire(timeout=30)
        wait_for(lambda: "pixellab_work_admitted 3.0" in api.http.get("/metrics").text)
        answer = api.upload()  # while the others are still at work
        check_problem(answer, 503)
        assert answer.json()["type"] == "urn:pixellab:problem:busy"
        assert int(answer.headers["retry-after"]) > 0
        assert api.http.get("/health/live").status_code == 200
        assert api.http.get(IMAGES).status_code == 200
        gate.opened.set()
        assert [each.result().status_code for each in admitted] == [201, 201, 201]
        assert statuses(api) == {"COMPLETED": 3}


@embedded_only
def test_a_backend_that_waits_keeps_nobody_from_the_processors(configure: Configure) -> None:
    gate = Gated("WAITING")
    gate.waits = True
    settings = configure(workers=1, cloud_workers=1, queue=0, routes="AUTO=waiting,*=local")
    enhancers = RoutedEnhancers(
        {"WAITING": lambda: gate, "LOCAL": lambda: DeterministicEnhancer("LOCAL")},
        settings.routing_table,
    )
    with served(settings, enhancers=enhancers) as api, ThreadPoolExecutor(1) as clients:
        waiting = clients.submit(api.upload)
        assert gate.begun.acquire(timeout=30)
        assert "pixellab_cloud_admitted 1.0" in api.http.get("/metrics").text
        assert api.upload(mode="SHARPEN").status_code == 201
        check_problem(api.upload(), 503)  # The waiting have their own bound.
        gate.opened.set()
        assert waiting.result().status_code == 201


@embedded_only
def test_what_takes_too_long_is_answered_and_finished_later(configure: Configure) -> None:
    gate = Gated()
    settings = configure(workers=1, queue=1, request_timeout=5)
    with (
        served(settings, enhancers=only(gate, configure)) as api,
        ThreadPoolExecutor(2) as clients,
    ):
        begun = clients.submit(api.upload)
        assert gate.begun.acquire(timeout=30)
        waiting = clients.submit(api.upload)
        told = check_problem(begun.result(), 504)
        (image,) = api.http.get(IMAGES).json()["images"]
        assert told["image_id"] == image["id"]
        assert told["detail"].endswith("the image's record will say how it ended.")
        check_problem(waiting.result(), 503)
        gate.opened.set()
        wait_for(lambda: statuses(api) == {"COMPLETED": 1})


class SlowToAdd(InMemoryImageRepository):
    """Makes no record until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = threading.Event()

    def add(self, image: ProductImage, enhancement: Enhancement) -> None:
        assert self.opened.wait(30)
        super().add(image, enhancement)


@embedded_only
def test_a_timeout_before_there_is_a_record_promises_none(configure: Configure) -> None:
    repository = SlowToAdd()
    with served(configure(request_timeout=1), repository=repository) as api:
        told = check_problem(api.upload(), 504)
        assert "image_id" not in told
        assert "no record was made so far" in told["detail"]
        assert api.http.get(IMAGES).json()["images"] == []
        repository.opened.set()
        wait_for(lambda: statuses(api) == {"COMPLETED": 1})


def test_a_delete_while_it_is_processed_is_a_conflict(configure: Configure) -> None:
    gate = Gated()
    with (
        served(configure(), enhancers=only(gate, configure)) as api,
        ThreadPoolExecutor(1) as clients,
    ):
        upload = clients.submit(api.upload)
        assert gate.begun.acquire(timeout=30)
        (image,) = api.http.get(IMAGES).json()["images"]
        assert image["status"] == "PENDING"
        check_problem(api.http.delete(f"{IMAGES}/{image['id']}"), 409)
        gate.opened.set()
        assert upload.result().status_code == 201


FAILURES: tuple[tuple[Exception, int], ...] = (
    (BackendRefused("It will not do this picture."), 422),
    (BackendFailed("The backend failed."), 502),
    (BackendUnavailable("The backend cannot be reached."), 503),
    (BackendTimeout("The backend did not answer in time."), 504),
    (RuntimeError("at /srv/secret.py with key hunter2"), 502),
    (MemoryError("at /srv/secret.py with key hunter2"), 500),
)


def test_a_backend_that_fails_leaves_a_failed_row_and_no_result(configure: Configure) -> None:
    failing = Failing("LOCAL")
    with served(configure(), enhancers=only(failing, configure)) as api:
        for count, (failing.error, status) in enumerate(FAILURES, 1):
            answer = api.upload()
            check_problem(answer, status)
            assert "hunter2" not in answer.text
            assert "/srv" not in answer.text
            assert statuses(api) == {"FAILED": count}
            kept = sorted(key.split("/")[1] for key in api.everything()[0])
            assert kept == [*["original"] * count, *["thumbnails"] * count]
            newest = api.http.get(IMAGES, params={"status": "FAILED"}).json()["images"][0]
            history = api.http.get(f"{IMAGES}/{newest['id']}/enhancement-history").json()
            (failed,) = history["enhancements"]
            assert failed["processing_status"] == "failed"
            assert failed["failure"]
            assert "hunter2" not in failed["failure"]
            assert failed["thumbnail_url"] is None
            thumbnail = api.http.get(path_of(api, newest["thumbnail_url"]))
            assert thumbnail.headers["content-type"] == "image/webp"


class Full(FilesystemObjectStore):
    """Takes as many objects as it was given room for."""

    room = 0

    def put(self, key: str, data: BinaryIO, *, media_type: str, filename: str) -> StoredObject:
        if self.room == 0:
            raise StoreUnavailable("The store is full; free some space and try again.")
        self.room -= 1
        return super().put(key, data, media_type=media_type, filename=filename)


@pytest.mark.parametrize("room", [0, 1])
@embedded_only
def test_a_store_that_is_full(configure: Configure, room: int) -> None:
    settings = configure()
    store = Full(settings.objects_path, settings.base_url)
    store.room = room
    with served(settings, store=store) as api:
        answer = api.upload()
        check_problem(answer, 503)
        assert answer.json()["type"] == "urn:pixellab:problem:store-unavailable"
        assert int(answer.headers["retry-after"]) > 0
        assert statuses(api) == {"FAILED": 1}
        assert len(list(store.keys())) == room
        store.room = 2
        assert api.upload().status_code == 201


class Signing(InMemoryObjectStore):
    """Signs its URLs with credentials that it has to wait for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()
        self.answered = threading.Event()
        self.calls = 0

    def link(self, key: str) -> str:
        self.calls += 1
        self.asked.set()
        assert self.answered.wait(30)
        return self.locate(key)[1] + "?signature=1"


class Unsigning(Signing):
    """Gets no credentials."""

    def link(self, key: str) -> str:
        self.calls += 1
        raise StoreUnavailable("No credentials were found.")


@embedded_only
def test_a_slow_signature_keeps_nobody_else_waiting(configure: Configure) -> None:
    store = Signing()
    with served(configure(), store=store) as api, ThreadPoolExecutor(1) as clients:
        upload = clients.submit(api.upload)
        assert store.asked.wait(30)
        assert api.http.get("/health/live", timeout=20).status_code == 200
        assert not upload.done()
        store.answered.set()
        body = upload.result().json()
        store.asked.clear()
        store.answered.clear()
        again = clients.submit(api.http.post, f"{IMAGES}/{body['image_id']}/enhance")
        assert store.asked.wait(30)
        assert api.http.get("/health/live", timeout=20).status_code == 200
        assert not again.done()
        store.answered.set()
        for answer in (body, again.result().json()):
            assert answer["original_url"].endswith("?signature=1")
            assert answer["enhanced_url"].endswith("?signature=1")
            assert not [each for each in answer["warnings"] if "signed" in each]


@embedded_only
def test_what_is_done_is_answered_though_its_urls_cannot_be_signed(configure: Configure) -> None:
    store = Unsigning()
    with served(configure(), store=store) as api:
        for answer in (api.upload(sku_id="mug"), api.upload(sku_id="cup")):
            assert answer.status_code == 201, answer.text
        body = answer.json()
        image = f"{IMAGES}/{body['image_id']}"
        again = api.http.post(f"{image}/enhance")
        assert again.status_code == 201
        shown = api.http.get(image).json()
        listed = api.http.get(IMAGES).json()["images"]
        history = api.http.get(f"{image}/enhancement-history").json()
        for each in (body, again.json(), shown, *listed, history, *history["enhancements"]):
            assert [text for text in each["warnings"] if "could not be signed" in text]
        urls = [body["original_url"], body["enhanced_url"], again.json()["enhanced_url"]]
        urls += [shown["image_url"], shown["enhanced_image_url"], history["original_https_url"]]
        urls += [each["enhanced_https_url"] for each in history["enhancements"]]
        assert {*urls} <= {store.locate(key)[1] for key in set(store.keys())}


@embedded_only
def test_a_signature_that_failed_is_asked_for_once_in_an_answer(configure: Configure) -> None:
    store = Unsigning()
    with served(configure(), store=store) as api:
        for _ in range(3):
            api.uploaded()
        store.calls = 0
        assert api.http.get(IMAGES).json()["total"] == 3
        assert store.calls == 1


@embedded_only
def test_no_room_for_the_upload_itself(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(configure(max_upload_mb=2)) as api:
        before = api.everything()
        monkeypatch.setattr(tempfile, "tempdir", "/nonexistent")
        answer = api.upload(photo_bytes().ljust(1_500_000, b"\x00"))
        check_problem(answer, 503)
        assert "nonexistent" not in answer.text
        assert api.everything() == before


def test_what_a_killed_process_left_is_finished_at_the_start(configure: Configure) -> None:
    settings = configure()
    with bootstrap(settings) as lab:
        long_ago = utc_now() - timedelta(hours=1)
        accept = evolve(lab.accept, clock=lambda: long_ago)
        with tempfile.TemporaryFile() as photo:
            photo.write(photo_bytes())
            left = accept(Upload(content=photo, filename="left.jpg"))
        assert lab.get_image(left.image.id).status is Status.PENDING
    with served(settings) as api:
        wait_for(lambda: statuses(api) == {"COMPLETED": 1})
