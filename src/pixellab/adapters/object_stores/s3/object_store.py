"""Objects in an S3 bucket, or in that of any server which speaks S3."""

from __future__ import annotations

import base64
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any, BinaryIO, cast
from urllib.parse import quote
from uuid import uuid4

from botocore.exceptions import ClientError

from pixellab.adapters.object_stores.keys import parts_of
from pixellab.adapters.object_stores.s3.boto_errors import our_errors
from pixellab.adapters.object_stores.s3.bucket import Bucket, base_url, client_of
from pixellab.domain.errors import ObjectExists, ObjectMissing
from pixellab.domain.findings import Finding
from pixellab.domain.images import StoredObject
from pixellab.domain.ports import Invitation, ObjectStore
from pixellab.domain.use_cases.keeping.reservations import digest_of

CACHE_CONTROL = "public, max-age=31536000, immutable"
"""A year; what is under a key never changes."""
ENCRYPTION = "AES256"
IN_MEMORY = 8_000_000
"""Bytes of an object that are held in memory; a larger one goes through a temporary file."""
CHUNK = 1 << 20
CONFLICT_TRIES = 5
CONFLICT_SECONDS = 0.1
WRITER = "pixellab-writer"
"""Metadata of an object: which call of ``put`` wrote it."""

_MISSING = {"404", "NoSuchKey", "NotFound"}


class S3ObjectStore(ObjectStore):
    """Keeps objects in a bucket.

    A key is written by one conditional ``PutObject`` (``If-None-Match: *``) that carries length and
    SHA-256, so the server stores the object whole or not at all, and only where there is none. On
    servers that ignore the condition keys are still safe, because each is reserved in the database
    before. Amazon's and other errors become StoreUnavailable here.
    """

    name = "S3"

    def __init__(self, bucket: Bucket) -> None:
        """Connects to nothing yet."""
        self.bucket = bucket
        with our_errors():
            self.client = client_of(bucket)
        self._base = base_url(bucket, self.client.meta.endpoint_url)

    def put(self, key: str, data: BinaryIO, *, media_type: str, filename: str) -> StoredObject:
        parts_of(key)
        with our_errors(), _rewindable(data) as body:
            sha256, size_bytes = digest_of(body)
            self._put(key, body, size_bytes, sha256, media_type, filename)
        uri, url = self.locate(key)
        return StoredObject(
            key=key,
            uri=uri,
            url=url,
            size_bytes=size_bytes,
            sha256=sha256,
            media_type=media_type,
        )

    def _put(
        self,
        key: str,
        body: BinaryIO,
        size_bytes: int,
        sha256: str,
        media_type: str,
        filename: str,
    ) -> None:
        writer = uuid4().hex
        encryption = {"ServerSideEncryption": ENCRYPTION} if self.bucket.encrypted else {}
        for left in reversed(range(CONFLICT_TRIES)):
            body.seek(0)
            try:
                self.client.put_object(
                    Bucket=self.bucket.name,
                    Key=key,
                    Body=body,
                    IfNoneMatch="*",
                    ContentLength=size_bytes,
                    ChecksumSHA256=base64.b64encode(bytes.fromhex(sha256)).decode(),
                    ContentType=media_type,
                    ContentDisposition=_disposition(filename),
                    CacheControl=CACHE_CONTROL,
                    Metadata={WRITER: writer},
                    **encryption,
                )
            except ClientError as error:
                status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                if status == 412 and not self._wrote(key, writer):
                    raise ObjectExists("The key is taken; a key is written once.") from error
                if status == 409 and left:
                    # Another is writing or deleting it at this moment.
                    time.sleep(CONFLICT_SECONDS)
                    continue
                if status != 412:
                    raise
            return

    def _wrote(self, key: str, writer: str) -> bool:
        """Whether the object is of this call: an attempt that timed out may have come through."""
        try:
            found = self.client.head_object(Bucket=self.bucket.name, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return False
            raise
        return bool(found["Metadata"].get(WRITER) == writer)

    def open(self, key: str) -> BinaryIO:
        parts_of(key)
        with our_errors():
            try:
                found = self.client.get_object(Bucket=self.bucket.name, Key=key)
            except ClientError as error:
                if error.response["Error"]["Code"] in _MISSING:
                    raise ObjectMissing("No object has this key.") from error
                raise
            # Entering the body itself would give the bare stream, which checks no length, no sum.
            with closing(found["Body"]) as body:
                return _spooled(body)

    def delete(self, key: str) -> None:
        parts_of(key)
        with our_errors():
            self.client.delete_object(Bucket=self.bucket.name, Key=key)

    def locate(self, key: str) -> tuple[str, str]:
        parts_of(key)
        return f"s3://{self.bucket.name}/{key}", f"{self._base}/{quote(key)}"

    def link(self, key: str) -> str:
        if self.bucket.presign_seconds is None:
            return self.locate(key)[1]
        parts_of(key)
        with our_errors():
            # Presigning asks nobody; it wants credentials, which a role may have to be asked for.
            url: str = self.client.generate_presigned_url(
                "get_object",
                Params={"Bucket": self.bucket.name, "Key": key},
                ExpiresIn=self.bucket.presign_seconds,
            )
            return url

    def invite(self, key: str, *, max_bytes: int, valid: timedelta) -> Invitation:
        parts_of(key)
        encryption = {"x-amz-server-side-encryption": ENCRYPTION} if self.bucket.encrypted else {}
        with our_errors():
            form = self.client.generate_presigned_post(
                self.bucket.name,
                key,
                Fields=dict(encryption),
                Conditions=[
                    ["content-length-range", 1, max_bytes],
                    *({name: value} for name, value in encryption.items()),
                ],
                ExpiresIn=int(valid.total_seconds()),
            )
            return Invitation(url=form["url"], fields=form["fields"])

    def keys(self, prefix: str = "") -> Iterator[str]:
        with our_errors():
            pages = self.client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket.name, Prefix=prefix):
                yield from (each["Key"] for each in page.get("Contents", ()))

    def check(self) -> None:
        """Asks for the bucket; writes nothing, which would cost something each time."""
        with our_errors():
            self.client.head_bucket(Bucket=self.bucket.name)

    def diagnose(self) -> list[Finding]:
        from pixellab.adapters.object_stores.s3.diagnose_bucket import try_out

        return list(try_out(self))

    def close(self) -> None:
        self.client.close()


def _disposition(filename: str) -> str:
    """Content-Disposition by RFC 6266: shown in the browser, and saved under its name."""
    if filename.isascii() and filename.isprintable() and not set(filename) & set('"\\'):
        return f'inline; filename="{filename}"'
    return f"inline; filename*=UTF-8''{quote(filename, safe='')}"


@contextmanager
def _rewindable(data: BinaryIO) -> Iterator[BinaryIO]:
    """What is left in ``data`` as a file that can be read from its start again and again."""
    if data.seekable() and data.tell() == 0:
        yield data
        return
    with _spooled(data) as copied:
        yield copied


def _spooled(source: Any) -> BinaryIO:
    """All that can be read from ``source``, as a temporary file at its start."""
    copied = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
    try:
        while chunk := source.read(CHUNK):
            copied.write(chunk)
        copied.seek(0)
    except BaseException:
        copied.close()
        raise
    return cast("BinaryIO", copied)
