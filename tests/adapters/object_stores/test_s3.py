"""The S3 store: what is its own beyond the contract."""

from __future__ import annotations

import hashlib
import io
import re
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from attrs import evolve

from pixellab.adapters.object_stores.s3.bucket import Bucket
from pixellab.adapters.object_stores.s3.object_store import CONFLICT_TRIES, IN_MEMORY, S3ObjectStore
from pixellab.domain.errors import ObjectExists, StoreUnavailable
from pixellab.domain.images import StoredObject
from pixellab.testing.servers import READER_KEY
from tests.s3_proxy import Answer, always, error, first, proxy, slowly
from tests.servers import S3Server

KEY = "uploads/original/550e8400_photo.jpg"
AMAZON = Bucket(
    name="photos", region="eu-central-1", access_key_id="AKIA", secret_access_key="secret"
)


def put(store: S3ObjectStore, content: bytes = b"content", key: str = KEY) -> StoredObject:
    name = key.rsplit("/", 1)[-1]
    return store.put(key, io.BytesIO(content), media_type="image/jpeg", filename=name)


def read(store: S3ObjectStore) -> bytes:
    with store.open(KEY) as content:
        return content.read()


# What an object carries


def test_what_is_stored_beside_the_bytes(s3_store: S3ObjectStore) -> None:
    put(s3_store)
    head = s3_store.client.head_object(Bucket=s3_store.bucket.name, Key=KEY, ChecksumMode="ENABLED")
    assert head["ServerSideEncryption"] == "AES256"
    assert head["ContentType"] == "image/jpeg"
    assert head["ContentLength"] == 7
    assert head["CacheControl"] == "public, max-age=31536000, immutable"
    assert head["ContentDisposition"] == 'inline; filename="550e8400_photo.jpg"'


def test_a_url_opens_for_anyone_with_get_and_head(s3_store: S3ObjectStore) -> None:
    url = put(s3_store).url
    got, head = httpx.get(url), httpx.head(url)
    assert (got.status_code, head.status_code) == (200, 200)
    assert got.content == b"content"
    assert head.headers["content-length"] == "7"


@pytest.mark.parametrize(
    ("filename", "disposition"),
    [
        ('a"b.jpg', "inline; filename*=UTF-8''a%22b.jpg"),
        ("söckchen 袖.jpg", "inline; filename*=UTF-8''s%C3%B6ckchen%20%E8%A2%96.jpg"),
    ],
)
def test_a_download_keeps_any_name(
    s3_store: S3ObjectStore, filename: str, disposition: str
) -> None:
    s3_store.put(KEY, io.BytesIO(b"x"), media_type="image/jpeg", filename=filename)
    head = s3_store.client.head_object(Bucket=s3_store.bucket.name, Key=KEY)
    assert head["ContentDisposition"] == disposition


def test_an_object_larger_than_is_held_in_memory(s3_store: S3ObjectStore) -> None:
    content = hashlib.shake_128(b"photo").digest(IN_MEMORY + 1_000_000)
    put(s3_store, content)
    assert read(s3_store) == content


def test_without_encryption_where_it_is_turned_off(bucket: Bucket) -> None:
    store = S3ObjectStore(evolve(bucket, encrypted=False))
    put(store)
    head = store.client.head_object(Bucket=bucket.name, Key=KEY)
    assert "ServerSideEncryption" not in head


# Addresses


@pytest.mark.parametrize(
    ("bucket", "base"),
    [
        (AMAZON, "https://photos.s3.eu-central-1.amazonaws.com"),
        (evolve(AMAZON, cdn="cdn.example"), "https://cdn.example"),
        (
            evolve(AMAZON, name="my.photos"),
            "https://s3.eu-central-1.amazonaws.com/my.photos",
        ),
        (evolve(AMAZON, endpoint_url="http://minio:9000/"), "http://minio:9000/photos"),
        (
            evolve(AMAZON, endpoint_url="https://s3.example", addressing="virtual"),
            "https://photos.s3.example",
        ),
        (evolve(AMAZON, region="cn-north-1"), "https://photos.s3.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_where_objects_open(bucket: Bucket, base: str) -> None:
    store = S3ObjectStore(bucket)
    assert store.locate("a/b c.jpg") == (f"s3://{bucket.name}/a/b c.jpg", f"{base}/a/b%20c.jpg")
    assert store.link("a/b c.jpg") == f"{base}/a/b%20c.jpg"


def test_a_presigned_url_opens_until_it_expires_and_not_if_changed(bucket: Bucket) -> None:
    store = S3ObjectStore(evolve(bucket, presign_seconds=600))
    assert "X-Amz" not in put(store).url
    url = store.link(KEY)
    query = parse_qs(urlsplit(url).query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == ["600"]
    assert httpx.get(url).content == b"content"
    forged = re.sub("Signature=.", "Signature=0", url)
    forged = forged if forged != url else re.sub("Signature=.", "Signature=1", url)
    assert httpx.get(forged).status_code == 403
    short = S3ObjectStore(evolve(bucket, presign_seconds=1)).link(KEY)
    time.sleep(2.5)
    assert httpx.get(short).status_code == 403


# What goes wrong on the way


def through(seaweedfs: S3Server, address: str, **changes: Any) -> S3ObjectStore:
    """A store of its own bucket that reaches SeaweedFS by another address."""
    bucket = seaweedfs.new_bucket()
    return S3ObjectStore(evolve(bucket, endpoint_url=address, **changes))


def lose_the_answer(ask: Callable[[], Answer]) -> None:
    ask()


def test_an_attempt_that_came_through_unanswered_is_not_taken_for_anothers(
    seaweedfs: S3Server,
) -> None:
    with proxy(seaweedfs.url, first("PUT", lose_the_answer)) as address:
        store = through(seaweedfs, address)
        assert put(store).size_bytes == 7
        assert read(store) == b"content"
        with pytest.raises(ObjectExists):
            put(store)


def test_a_conflict_is_tried_again(seaweedfs: S3Server) -> None:
    conflict = error(409, "ConditionalRequestConflict")
    with proxy(seaweedfs.url, first("PUT", conflict, conflict)) as address:
        store = through(seaweedfs, address)
        assert put(store).size_bytes == 7
        assert read(store) == b"content"
    with (
        proxy(seaweedfs.url, first("PUT", *[conflict] * CONFLICT_TRIES)) as address,
        pytest.raises(StoreUnavailable),
    ):
        put(through(seaweedfs, address))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (error(503, "SlowDown"), "is overloaded or restarting"),
        (error(500, "InternalError"), "could not do what was asked"),
        (error(403, "AccessDenied"), "refuses access"),
        (error(403, "InvalidAccessKeyId"), "refuses the credentials"),
        (error(403, "SignatureDoesNotMatch"), "refuses the credentials"),
        (error(400, "ExpiredToken"), "refuses the credentials"),
        (error(404, "NoSuchBucket"), "has no such bucket"),
        (error(501, "NotImplemented"), "could not do what was asked"),
        (Answer(200, {}, b"<html>not S3"), "could not"),
    ],
)
def test_what_a_server_may_answer(seaweedfs: S3Server, answer: Answer, words: str) -> None:
    def everything(_: str, __: Callable[[], Answer]) -> Answer:
        return answer

    with proxy(seaweedfs.url, everything) as address:
        store = through(seaweedfs, address)
        calls: list[Callable[[], object]] = [lambda: list(store.keys())]
        if answer.status != 200:
            calls += [lambda: put(store), lambda: read(store), lambda: store.delete(KEY)]

        def check(call: Callable[[], object]) -> None:
            with pytest.raises(StoreUnavailable, match=words) as caught:
                call()
            assert caught.value.retry_after
            assert "vendor" not in caught.value.message

        # At once, since boto3 pauses before it repeats a call.
        with ThreadPoolExecutor(len(calls)) as threads:
            list(threads.map(check, calls))


def test_a_server_that_is_down_or_slow(seaweedfs: S3Server) -> None:
    down = through(seaweedfs, "http://127.0.0.1:9")
    with proxy(seaweedfs.url, slowly(1.5)) as address:
        slow = through(seaweedfs, address, timeout=0.3)
        for store in (down, slow):
            for call in (put, read, S3ObjectStore.check):
                with pytest.raises(StoreUnavailable, match="cannot be reached"):
                    call(store)


def test_a_download_that_breaks_off(seaweedfs: S3Server) -> None:
    def cut(ask: Callable[[], Answer]) -> Answer:
        whole = ask()
        return Answer(whole.status, whole.headers, whole.body[:50_000], len(whole.body))

    with proxy(seaweedfs.url, first("GET", cut)) as address:
        store = through(seaweedfs, address)
        put(store, b"x" * 100_000)
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            store.open(KEY)
        assert len(read(store)) == 100_000


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"secret_access_key": "wrong"}, "refuses the credentials"),
        ({"access_key_id": "AKIANOBODY"}, "refuses the credentials"),
        ({"access_key_id": READER_KEY}, "refuses access"),
        ({"name": "no-such-bucket-here"}, "has no such bucket"),
    ],
)
def test_what_seaweedfs_refuses(bucket: Bucket, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(StoreUnavailable, match=words):
        put(S3ObjectStore(evolve(bucket, **changes)))


def test_without_credentials(monkeypatch: pytest.MonkeyPatch, bucket: Bucket) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    nobody = evolve(bucket, access_key_id=None, secret_access_key=None, presign_seconds=60)
    store = S3ObjectStore(nobody)
    for call in (lambda: put(store), lambda: store.link(KEY)):
        with pytest.raises(StoreUnavailable, match="no credentials"):
            call()


def test_no_room_for_a_temporary_file(
    s3_store: S3ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(s3_store, b"x" * (IN_MEMORY + 1))
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent")
    with pytest.raises(StoreUnavailable, match="whose disk may be full") as caught:
        s3_store.open(KEY)
    assert "nonexistent" not in caught.value.message


def test_a_secret_is_not_shown(bucket: Bucket) -> None:
    assert bucket.secret_access_key
    assert bucket.secret_access_key not in repr(bucket)
    assert bucket.access_key_id
    assert bucket.access_key_id not in repr(bucket)


def test_a_permission_to_delete_is_not_needed_to_put(seaweedfs: S3Server) -> None:
    with proxy(seaweedfs.url, always("DELETE", error(403, "AccessDenied"))) as address:
        store = through(seaweedfs, address)
        put(store)
        with pytest.raises(StoreUnavailable, match="refuses access"):
            store.delete(KEY)
