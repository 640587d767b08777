"""Objects in an S3 bucket, or in that of any server which speaks S3."""

from __future__ import annotations

import base64
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, BinaryIO, cast
from urllib.parse import quote, urlsplit
from uuid import uuid4

import boto3
from attrs import field, frozen
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    PartialCredentialsError,
)

from pixellab.adapters.stores.keys import parts_of
from pixellab.domain.errors import ObjectExists, ObjectMissing, StoreUnavailable
from pixellab.domain.images import StoredObject
from pixellab.domain.ports import ObjectStore
from pixellab.domain.use_cases.steps import digest_of

CACHE_CONTROL = "public, max-age=31536000, immutable"
"""A year; what is under a key never changes."""
ENCRYPTION = "AES256"
IN_MEMORY = 8_000_000
"""Bytes of an object that are held in memory; a larger one goes through a temporary file."""
CHUNK = 1 << 20
ATTEMPTS = 3
"""Of each call, by boto3's standard retries: for time-outs, throttling and answers of 5xx."""
CONFLICT_TRIES = 5
CONFLICT_SECONDS = 0.1
CONNECT_TIMEOUT = 3.0
RETRY_AFTER = 10
WRITER = "pixellab-writer"
"""Metadata of an object: which call of ``put`` wrote it."""

_MISSING = {"404", "NoSuchKey", "NotFound"}
CREDENTIAL_ERRORS = {
    "AuthorizationHeaderMalformed",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
}
_OVERLOADED = {"503", "RequestLimitExceeded", "ServiceUnavailable", "SlowDown", "Throttling"}


@frozen(kw_only=True)
class Bucket:
    """Where objects are kept, and how it is reached."""

    name: str
    region: str | None = None
    access_key_id: str | None = None
    """Without it boto3 looks where it always does: environment, profile, role."""
    secret_access_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)
    endpoint_url: str | None = None
    """Of a server that is not Amazon's."""
    addressing: str = "auto"
    """``path``, ``virtual`` (the bucket in the host name), or ``auto``: path where an endpoint is
    named or the bucket's name has dots, which no certificate for its host would cover."""
    encrypted: bool = True
    """Ask for AES256; off for servers that have no keys for it."""
    cdn: str | None = None
    """Host of the CDN in front of the bucket."""
    presign_seconds: int | None = None
    """How long the URLs handed out are valid; None for plain, lasting ones."""
    timeout: float = 10.0
    """Seconds that an answer may take."""
    connections: int = 10

    @property
    def style(self) -> str:
        if self.addressing != "auto":
            return self.addressing
        return "path" if self.endpoint_url or "." in self.name else "virtual"


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
            self.client = _client(bucket)
        self._base = _base_url(bucket, self.client.meta.endpoint_url)

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

    def keys(self) -> Iterator[str]:
        with our_errors():
            pages = self.client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket.name):
                yield from (each["Key"] for each in page.get("Contents", ()))

    def check(self) -> None:
        """Asks for the bucket; writes nothing, which would cost something each time."""
        with our_errors():
            self.client.head_bucket(Bucket=self.bucket.name)

    def close(self) -> None:
        self.client.close()


@contextmanager
def our_errors() -> Iterator[None]:
    """boto3's errors as StoreUnavailable; nothing of what the server said is passed on."""
    try:
        yield
    except ClientError as error:
        raise _unavailable(_reason(error)) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise _unavailable("has been given no credentials, or not all") from error
    except BotoCoreError as error:
        raise _unavailable("cannot be reached") from error
    except OSError as error:
        # Of the temporary file; the network's come as BotoCoreError.
        raise _unavailable(
            "lacks a temporary file on this machine, whose disk may be full"
        ) from error


def _unavailable(reason: str) -> StoreUnavailable:
    message = f"The object store {reason}; try again later."
    return StoreUnavailable(message, retry_after=RETRY_AFTER)


def _reason(error: ClientError) -> str:
    code = str(error.response.get("Error", {}).get("Code"))
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    if code in CREDENTIAL_ERRORS:
        return "refuses the credentials it was given"
    if code in _OVERLOADED or status == 503:
        return "is overloaded or restarting"
    if status == 403:
        return "refuses access"
    if code in {"NoSuchBucket", "PermanentRedirect"} or status in {301, 404}:
        return "has no such bucket"
    return "could not do what was asked of it"


def _client(bucket: Bucket) -> Any:
    # A session of its own: boto3's default one is the whole program's.
    session = boto3.session.Session(
        aws_access_key_id=bucket.access_key_id,
        aws_secret_access_key=bucket.secret_access_key,
        aws_session_token=bucket.session_token,
        region_name=bucket.region,
    )
    config = Config(
        signature_version="s3v4",
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        connect_timeout=min(CONNECT_TIMEOUT, bucket.timeout),
        read_timeout=bucket.timeout,
        max_pool_connections=bucket.connections,
        s3={"addressing_style": bucket.style},
        # Ours is SHA-256, in a header. boto3's own comes as a trailer, which some servers refuse.
        request_checksum_calculation="when_required",
        tcp_keepalive=True,
    )
    return session.client("s3", endpoint_url=bucket.endpoint_url, config=config)


def _base_url(bucket: Bucket, endpoint_url: str) -> str:
    """What the plain URL of every object begins with."""
    if bucket.cdn:
        return f"https://{bucket.cdn}"
    endpoint = urlsplit(endpoint_url)
    if bucket.style == "virtual":
        return f"{endpoint.scheme}://{bucket.name}.{endpoint.netloc}{endpoint.path.rstrip('/')}"
    return f"{endpoint_url.rstrip('/')}/{bucket.name}"


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
