"""Uploads that clients hand to the object store by themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from pixellab.domain.use_cases import ForgetUploads
from pixellab.domain.use_cases.uploading.direct_upload import FOLDER
from tests.conftest import photo_bytes
from tests.e2e.api.conftest import Api, Configure, served
from tests.e2e.api.test_bad_input import UNKNOWN
from tests.e2e.api.test_later import wait_until_done
from tests.e2e.conftest import embedded_only, servers_only

UPLOADS = "/api/v1/uploads"
LATER = {"Prefer": "respond-async"}


def invited(api: Api) -> dict[str, Any]:
    answer = api.http.post(UPLOADS)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def sent(invitation: dict[str, Any], content: bytes) -> httpx.Response:
    """What the store answers to a client that knows nothing but the invitation."""
    return httpx.post(invitation["url"], data=invitation["fields"], files={"file": content})


def complete(api: Api, upload_id: str, headers: Any = None, **fields: Any) -> httpx.Response:
    return api.http.post(f"{UPLOADS}/{upload_id}/complete", json=fields, headers=headers)


def incoming(api: Api) -> list[str]:
    return [key for key in set(api.lab.store.keys()) if key.startswith(FOLDER)]


@servers_only
def test_a_photo_goes_straight_to_the_store(api: Api) -> None:
    invitation = invited(api)
    assert sent(invitation, photo_bytes(seed=1)).is_success
    answer = complete(api, invitation["id"], mode="STANDARDIZE", filename="mug.jpg", sku_id="MUG-1")
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["filename"], body["sku_id"], body["status"]) == ("mug.jpg", "MUG-1", "COMPLETED")
    image = api.lab.get_image(body["image_id"])
    with api.lab.store.open(image.original.key) as stored:
        assert stored.read() == photo_bytes(seed=1)
    assert incoming(api) == []
    again = complete(api, invitation["id"], mode="STANDARDIZE")
    assert (again.status_code, again.json()["image_id"]) == (200, body["image_id"])


@servers_only
def test_the_work_may_be_left_for_later(api: Api) -> None:
    invitation = invited(api)
    assert sent(invitation, photo_bytes(seed=2)).is_success
    answer = complete(api, invitation["id"], LATER)
    assert answer.status_code == 202, answer.text
    assert answer.headers["preference-applied"] == "respond-async"
    wait_until_done(api, answer.headers["location"])
    assert incoming(api) == []


@servers_only
@pytest.mark.parametrize("size", [0, 200_001])
def test_the_store_itself_refuses_what_is_too_large_or_empty(api: Api, size: int) -> None:
    invitation = invited(api)
    assert invitation["max_bytes"] == 200_000
    refused = sent(invitation, bytes(size))
    assert refused.is_client_error
    missing = complete(api, invitation["id"])
    assert (missing.status_code, missing.json()["type"]) == (
        404,
        "urn:pixellab:problem:unknown-object",
    )
    assert missing.json()["detail"] == "No file has arrived for this upload; send it first."


@servers_only
def test_a_form_for_another_key_is_refused(api: Api) -> None:
    invitation = invited(api)
    other = invitation["fields"] | {"key": "uploads/original/00000000_photo.jpg"}
    assert sent(invitation | {"fields": other}, photo_bytes()).is_client_error
    assert "uploads/original/00000000_photo.jpg" not in set(api.lab.store.keys())


@servers_only
def test_what_is_no_photo_is_refused_and_removed(api: Api) -> None:
    invitation, before = invited(api), api.everything()
    assert sent(invitation, b"no photo").is_success
    refused = complete(api, invitation["id"])
    assert (refused.status_code, api.everything()) == (415, before)


@servers_only
def test_wrong_fields_leave_the_photo_to_another_try(api: Api) -> None:
    invitation = invited(api)
    assert sent(invitation, photo_bytes(seed=3)).is_success
    wrong = complete(api, invitation["id"], mode="PRETTY")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "mode")
    rehearsed = complete(api, invitation["id"], dry_run=True)
    assert (rehearsed.status_code, rehearsed.json()["errors"][0]["field"]) == (400, "dry_run")
    assert complete(api, invitation["id"]).status_code == 201


@servers_only
def test_an_upload_belongs_to_the_api_key_that_asked_for_it(configure: Configure) -> None:
    first, second = "first-key-of-our-shop", "second-key-of-our-shop"
    with served(configure(api_keys=f"{first},{second}")) as api:
        api.http.headers["X-API-Key"] = first
        invitation = invited(api)
        assert sent(invitation, photo_bytes()).is_success
        api.http.headers["X-API-Key"] = second
        assert complete(api, invitation["id"]).json()["type"].endswith(":unknown-upload")
        api.http.headers["X-API-Key"] = first
        assert complete(api, invitation["id"]).status_code == 201


@servers_only
def test_what_nobody_takes_in_is_removed_after_a_day(api: Api) -> None:
    invitation = invited(api)
    assert sent(invitation, photo_bytes()).is_success
    lab, hours = api.lab, 0.0
    forget = ForgetUploads(
        uploads=lab.direct_uploads,
        store=lab.store,
        clock=lambda: datetime.now(UTC) + timedelta(hours=hours),
    )
    forget()
    hours = 23.9
    forget()
    assert incoming(api) == [f"{FOLDER}/{invitation['id']}"]
    hours = 24.1
    forget()
    assert incoming(api) == []
    assert complete(api, invitation["id"]).status_code == 404


@pytest.mark.parametrize("upload_id", ["1", UNKNOWN, "..%2f..%2fsecret"])
def test_an_upload_that_was_never_invited_is_unknown(api: Api, upload_id: str) -> None:
    answer = complete(api, upload_id)
    assert answer.status_code == 404


@embedded_only
def test_a_folder_takes_no_files_from_others(api: Api) -> None:
    answer = api.http.post(UPLOADS)
    assert (answer.status_code, answer.json()["type"]) == (
        409,
        "urn:pixellab:problem:no-direct-uploads",
    )
    assert answer.json()["detail"] == (
        "The filesystem store takes no files from others; send the file itself."
    )
