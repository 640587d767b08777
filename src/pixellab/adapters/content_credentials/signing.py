"""Content credentials (C2PA) by the Content Authenticity Initiative's own library."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import c2pa
from attrs import evolve, frozen
from PIL import Image

from pixellab.adapters.content_credentials.certificate import Certificate, Unfit
from pixellab.adapters.content_credentials.statement import (
    beyond_what_is_kept,
    ingredient,
    statement,
)
from pixellab.domain.errors import NotSigned
from pixellab.domain.findings import Finding, fine, warning
from pixellab.domain.formats import MEDIA_TYPES, Format
from pixellab.domain.pictures import EncodedImage, SourceFile
from pixellab.domain.ports import Credentials
from pixellab.domain.results import Enhanced

SETTINGS: dict[str, Any] = {
    # A thumbnail would cost more bytes than all else, and show what was cut off.
    "builder": {"thumbnail": {"enabled": False}},
    # A photo may name an address to fetch its credentials from; nothing is asked for a stranger.
    # Whom viewers trust is theirs to say; whether ours is a signature is checked all the same.
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": False},
}
SLACK = 64
"""Bytes by which credentials of the same content differ: padding, and offsets of more digits."""
NO_TIME_STAMP = "The time-stamping service did not answer, so the signature has no time stamp."
SOON = timedelta(days=30)
PART = "content credentials"
RENEW = "Renew the certificate, and name the new one and its key in the settings."


@frozen(kw_only=True)
class C2paCredentials(Credentials):
    """Signs with one certificate."""

    certificate: Certificate
    version: str
    """PixelLab's, which the credentials name."""
    timestamps: str | None = None
    """Address of a time-stamping service (RFC 3161) that is told the hash of each signature."""

    def __attrs_post_init__(self) -> None:
        """Raises Unfit for one that is not for content credentials."""
        try:
            self._try(None)
        except c2pa.C2paError as error:
            raise Unfit(
                "certificate",
                "names a certificate that is not for content credentials; allowed is one for "
                "digital signatures, with its chain and an extended key usage such as "
                "email protection, document signing or C2PA's own.",
            ) from error

    def sign(self, encoded: EncodedImage, photo: SourceFile, enhanced: Enhanced) -> EncodedImage:
        if self.timestamps is None:
            return self._signed(encoded, photo, enhanced, None)
        try:
            return self._signed(encoded, photo, enhanced, self.timestamps)
        except NotSigned:
            signed = self._signed(encoded, photo, enhanced, None)
            reasons = (signed.reason, NO_TIME_STAMP)
            return evolve(signed, reason=" ".join(each for each in reasons if each))

    def size(self, sample: EncodedImage, photo: SourceFile, enhanced: Enhanced) -> int:
        added = self._signed(sample, photo, enhanced, None).size_bytes - sample.size_bytes
        with self._signer(None) as plain, self._signer(self.timestamps) as stamping:
            stamp = stamping.reserve_size() - plain.reserve_size()
        return int(added + stamp + SLACK)

    def diagnose(self) -> list[Finding]:
        holder, ends = self.certificate.holder, self.certificate.ends
        stamps = "with time stamps" if self.timestamps else "without time stamps"
        found = f"files are signed as {holder} until {ends:%Y-%m-%d}, {stamps}"
        try:
            self._try(self.timestamps)
        except c2pa.C2paError:
            advice = "Correct PIXELLAB_C2PA_TIMESTAMP_URL, or unset it."
            return [warning(PART, NO_TIME_STAMP, advice)]
        if ends - datetime.now(UTC) < SOON:
            return [warning(PART, found, RENEW)]
        return [fine(PART, found)]

    def _signed(
        self, encoded: EncodedImage, photo: SourceFile, enhanced: Enhanced, timestamps: str | None
    ) -> EncodedImage:
        try:
            with c2pa.Context.from_dict(SETTINGS) as context:
                left_out = {
                    file: beyond_what_is_kept(file, context)
                    for file in (photo, enhanced.drawn)
                    if file is not None
                }
                said = statement(
                    encoded,
                    photo,
                    enhanced,
                    version=self.version,
                    redacted=sorted({each for found in left_out.values() for each in found or ()}),
                    named=[file for file, found in left_out.items() if found is None],
                )
                whole = [
                    (ingredient(file, photo), file)
                    for file, found in left_out.items()
                    if found is not None
                ]
                data = self._embed(said, encoded.data, encoded.format, whole, context, timestamps)
        except c2pa.C2paError as error:
            raise NotSigned("The result could not be signed; try again later.") from error
        return evolve(encoded, data=data)

    def _embed(
        self,
        said: dict[str, Any],
        data: bytes,
        output: Format,
        ingredients: Iterable[tuple[dict[str, Any], SourceFile]],
        context: c2pa.Context,
        timestamps: str | None,
    ) -> bytes:
        signed = io.BytesIO()
        with c2pa.Builder(json.dumps(said), context) as builder, self._signer(timestamps) as signer:
            builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
            for about, file in ingredients:
                builder.add_ingredient(about, MEDIA_TYPES[file.format], io.BytesIO(file.data))
            builder.sign(signer, MEDIA_TYPES[output], io.BytesIO(data), signed)
        return signed.getvalue()

    def _signer(self, timestamps: str | None) -> c2pa.Signer:
        of = self.certificate
        return c2pa.Signer.from_info(
            c2pa.C2paSignerInfo(of.algorithm, of.chain, of.key, timestamps)
        )

    def _try(self, timestamps: str | None) -> None:
        """Sign a picture of one pixel. Raises c2pa.C2paError."""
        out = io.BytesIO()
        Image.new("RGB", (1, 1)).save(out, "PNG")
        pixel = SourceFile(data=out.getvalue(), format="PNG")
        said = {"claim_generator_info": [{"name": "PixelLab", "version": self.version}]}
        with c2pa.Context.from_dict(SETTINGS) as context:
            self._embed(
                said,
                pixel.data,
                Format.PNG,
                [(ingredient(pixel, pixel), pixel)],
                context,
                timestamps,
            )
