"""A photo that is named by its address instead of sent."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from pixellab.entrypoints.settings import Settings
from tests.conftest import photo_bytes
from tests.e2e.api.conftest import IMAGES, UPLOAD, Api, Configure, served
from tests.e2e.api.test_bad_input import check_problem
from tests.e2e.api.test_later import wait_until_done
from tests.e2e.conftest import embedded_only
from tests.strangers import Authority, Stranger, by_path, content, status, stranger

PHOTO = photo_bytes()
ANSWERS = by_path(
    photo=content(PHOTO, "text/plain"),
    page=content(b"<html>no photo</html>", "image/jpeg"),
    huge=content(bytes(300_000)),
    loop=status(302, Location="/loop"),
)


@pytest.fixture(scope="module")
def supplier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stranger]:
    """A shop's own server, which the system trusts."""
    authority = Authority(tmp_path_factory.mktemp("authority"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(authority.file))
        with stranger(ANSWERS, authority.context("localhost")) as running:
            yield running


@pytest.fixture(scope="module")
def settings(configure: Configure, supplier: Stranger) -> Settings:
    return configure(image_urls=f"*.example, {supplier.origin}")


@pytest.fixture(scope="module")
def api(settings: Settings) -> Iterator[Api]:
    with served(settings) as running:
        yield running


@pytest.mark.parametrize("kind", ["json", "data", "files"])
def test_a_photo_by_its_address(api: Api, supplier: Stranger, kind: str) -> None:
    asked = {"image_url": f"{supplier.origin}/photo.jpg?token=secret", "mode": "SHARPEN"}
    sent = {name: (None, value) for name, value in asked.items()} if kind == "files" else asked
    answer = api.http.post(UPLOAD, **{kind: sent})  # type: ignore[arg-type]
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["filename"], body["enhancement_mode"]) == ("photo.jpg", "SHARPEN")
    assert httpx.get(body["original_url"]).content == PHOTO
    image = api.http.get(f"{IMAGES}/{body['image_id']}").json()
    assert image["source_url"] == f"{supplier.origin}/photo.jpg"


def test_one_that_was_sent_has_no_address(api: Api) -> None:
    image = api.http.get(f"{IMAGES}/{api.uploaded()['image_id']}").json()
    assert image["source_url"] is None


def test_later(api: Api, supplier: Stranger) -> None:
    asked = {"image_url": f"{supplier.origin}/photo.jpg"}
    answer = api.http.post(UPLOAD, json=asked, headers={"Prefer": "respond-async"})
    assert answer.status_code == 202
    assert httpx.get(answer.json()["original_url"]).content == PHOTO
    wait_until_done(api, answer.headers["location"])


def test_a_repeated_upload_is_answered_once(api: Api, supplier: Stranger) -> None:
    asked = {"image_url": f"{supplier.origin}/photo.jpg"}
    headers = {"Idempotency-Key": "by address"}
    first, again = (api.http.post(UPLOAD, json=asked, headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["image_id"] == again.json()["image_id"]


def test_a_dry_run_keeps_nothing(api: Api, supplier: Stranger) -> None:
    before = api.everything()
    asked = {"image_url": f"{supplier.origin}/photo.jpg", "dry_run": True}
    answer = api.http.post(UPLOAD, json=asked)
    assert answer.status_code == 200, answer.text
    assert answer.json()["filename"] == "photo.jpg"
    assert api.everything() == before


@pytest.mark.parametrize(
    ("path", "code", "kind"),
    [
        ("page", 415, "unsupported-image"),
        ("huge", 413, "too-large"),
        ("loop", 422, "not-fetched"),
        ("missing", 422, "not-fetched"),
    ],
)
def test_what_gives_no_photo(api: Api, supplier: Stranger, path: str, code: int, kind: str) -> None:
    before = api.everything()
    answer = api.http.post(UPLOAD, json={"image_url": f"{supplier.origin}/{path}"})
    assert check_problem(answer, code)["type"].endswith(kind)
    assert api.everything() == before


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://127.0.0.1/a.jpg", "not allowed here"),
        ("https://169.254.169.254/latest/meta-data/", "not allowed here"),
        ("http://images.example/a.jpg", "must begin with https://"),
        ("https://user:pass@images.example/a.jpg", "a user or a password"),
        ("nonsense", "must begin with https://"),
    ],
)
def test_an_address_that_is_not_allowed(api: Api, url: str, told: str) -> None:
    body = check_problem(api.http.post(UPLOAD, json={"image_url": url}), 400, "image_url")
    assert told in body["detail"]


def test_either_a_file_or_an_address(api: Api, supplier: Stranger) -> None:
    both = api.upload(image_url=f"{supplier.origin}/photo.jpg")
    assert "must be left out" in check_problem(both, 400, "image_url")["detail"]
    check_problem(api.http.post(UPLOAD, json={"mode": "AUTO"}), 400, "file")
    check_problem(api.http.post(UPLOAD, files={"mode": (None, "AUTO")}), 400, "file")
    check_problem(api.http.post(UPLOAD, json={"image_url": ""}), 400, "image_url")
    check_problem(api.http.post(UPLOAD, json={"image_url": None}), 400, "file")
    check_problem(api.http.post(UPLOAD, json={"file": "a.jpg"}), 400, "file")


@embedded_only
def test_nothing_is_fetched_unless_it_is_allowed(configure: Configure, supplier: Stranger) -> None:
    before = len(supplier.received)
    with served(configure()) as closed:
        answer = closed.http.post(UPLOAD, json={"image_url": f"{supplier.origin}/photo.jpg"})
        body = check_problem(answer, 400, "image_url")
        assert body["detail"] == "Photos are not fetched from addresses here; send the file itself."
    assert len(supplier.received) == before
