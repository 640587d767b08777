"""Finds out which part of a bucket's configuration is wrong, by trying each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError, NoCredentialsError, PartialCredentialsError

from pixellab.adapters.object_stores.round_trip import get_data, put_data, throw_away_key
from pixellab.adapters.object_stores.s3.boto_errors import CREDENTIAL_ERRORS, our_errors
from pixellab.domain.errors import StoreUnavailable
from pixellab.domain.findings import Finding, fine, problem

if TYPE_CHECKING:
    from pixellab.adapters.object_stores.s3.object_store import S3ObjectStore


def try_out(store: S3ObjectStore) -> Iterator[Finding]:
    """Each part in turn: after the first that is wrong there is nothing else to try.

    Permissions are tried on a throw-away key, each for itself; it is removed if it may be.
    """
    failed = _reach(store)
    if failed is not None:
        yield failed
        return
    yield _finding("bucket", f"{store.bucket.name} can be reached with these credentials")
    if moved := _elsewhere(store):
        yield moved
    yield from _permissions(store)


def _reach(store: S3ObjectStore) -> Finding | None:
    try:
        # Unlike HeadBucket, this says which of the credentials and the permissions is wrong.
        with our_errors():
            store.client.list_objects_v2(Bucket=store.bucket.name, MaxKeys=1)
    except StoreUnavailable as error:
        return _explain(store, error)
    return None


def _explain(store: S3ObjectStore, error: StoreUnavailable) -> Finding:
    bucket, cause = store.bucket, error.__cause__
    if isinstance(cause, NoCredentialsError | PartialCredentialsError):
        return _finding(
            "credentials",
            "none were found, or only part of them",
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role.",
        )
    if not isinstance(cause, ClientError):
        where = bucket.endpoint_url or f"Amazon S3 in {bucket.region or 'the default region'}"
        return _finding(
            "endpoint",
            f"{where} cannot be reached",
            "Check the network, AWS_ENDPOINT_URL and AWS_REGION.",
        )
    code, status = cause.response["Error"]["Code"], _status(cause)
    if code == "AuthorizationHeaderMalformed" or status == 301:
        region = cause.response["Error"].get("Region") or _told_region(cause)
        return _finding(
            "region",
            f"{bucket.name} is not in {bucket.region or 'the default region'}",
            f"Set AWS_REGION={region}." if region else "Set AWS_REGION to the bucket's region.",
        )
    if code == "RequestTimeTooSkewed":
        return _finding("clock", "this machine's clock is wrong", "Set the clock; use NTP.")
    if code in CREDENTIAL_ERRORS:
        return _finding(
            "credentials",
            "they are refused",
            "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN if they are "
            "temporary.",
        )
    if status == 404:
        return _finding(
            "bucket",
            f"there is no bucket {bucket.name}",
            f"Correct S3_BUCKET, or make it: aws s3 mb s3://{bucket.name}",
        )
    if status == 403:
        return _forbidden(bucket.name, "list", "s3:ListBucket", "")
    return _finding("bucket", error.message, "Look into the server's own log.")


def _elsewhere(store: S3ObjectStore) -> Finding | None:
    """boto3 follows a bucket to its region, with another round trip for many calls."""
    bucket = store.bucket
    if bucket.endpoint_url:
        return None
    with our_errors():
        answer = store.client.head_bucket(Bucket=bucket.name)
    region = answer["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region")
    if region is None or region == store.client.meta.region_name:
        return None
    return _finding(
        "region",
        f"{bucket.name} is in {region}, not where AWS_REGION says",
        f"Set AWS_REGION={region}.",
    )


def _permissions(store: S3ObjectStore) -> Iterator[Finding]:
    key = throw_away_key()
    steps: tuple[tuple[str, str, Callable[[], object]], ...] = (
        ("put", "s3:PutObject", lambda: put_data(store, key)),
        ("get", "s3:GetObject", lambda: get_data(store, key)),
        ("delete", "s3:DeleteObject", lambda: store.delete(key)),
    )
    stored = False
    for name, permission, step in steps:
        if name == "get" and not stored:
            yield _finding(
                "get", "was not tried: there is nothing to get", "First let it put objects."
            )
            continue
        try:
            step()
        except StoreUnavailable as error:
            cause = error.__cause__
            if _status(cause) == 403:
                yield _forbidden(store.bucket.name, name, permission, "/*")
            else:
                yield _finding(name, error.message, _other_advice(name, cause))
        else:
            stored = stored or name == "put"
            yield _finding(name, "allowed")


def _finding(part: str, found: str, advice: str = "") -> Finding:
    return problem(f"S3 {part}", found, advice) if advice else fine(f"S3 {part}", found)


def _forbidden(bucket: str, name: str, permission: str, suffix: str) -> Finding:
    return _finding(
        name,
        f"{permission} is refused",
        f"Allow these credentials {permission} on arn:aws:s3:::{bucket}{suffix}; see the README.",
    )


def _other_advice(name: str, cause: BaseException | None) -> str:
    if name == "put" and isinstance(cause, ClientError):
        return (
            "If the server has no keys to encrypt with, set PIXELLAB_S3_ENCRYPTION=off; "
            "else look into its log."
        )
    return "Look into the server's own log."


def _status(error: BaseException | None) -> int | None:
    if not isinstance(error, ClientError):
        return None
    status: int = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return status


def _told_region(error: ClientError) -> str | None:
    headers = error.response["ResponseMetadata"].get("HTTPHeaders", {})
    region: str | None = headers.get("x-amz-bucket-region")
    return region
