"""The certificate that content credentials are signed with, and whether its parts fit together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from attrs import field, frozen
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID


class Unfit(ValueError):
    """A part cannot be used; the text says why, and completes a sentence that begins with it."""

    def __init__(self, part: Literal["certificate", "key", "algorithm"], why: str) -> None:
        super().__init__(why)
        self.part = part


@frozen(kw_only=True)
class Certificate:
    """A certificate with its chain, the private key of it, and the algorithm to sign with."""

    chain: bytes
    """PEM, the signer's own first."""
    key: bytes = field(repr=False)
    """PEM, PKCS #8, not encrypted."""
    algorithm: str
    """One of ALGORITHMS."""
    holder: str
    """Whose name viewers show."""
    ends: datetime


def _on_curve(curve: type[ec.EllipticCurve]) -> Callable[[PrivateKeyTypes], bool]:
    return lambda key: isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, curve)


def _is_rsa(key: PrivateKeyTypes) -> bool:
    return isinstance(key, rsa.RSAPrivateKey)


ALGORITHMS: Mapping[str, Callable[[PrivateKeyTypes], bool]] = {
    "es256": _on_curve(ec.SECP256R1),
    "es384": _on_curve(ec.SECP384R1),
    "es512": _on_curve(ec.SECP521R1),
    "ps256": _is_rsa,
    "ps384": _is_rsa,
    "ps512": _is_rsa,
    "ed25519": lambda key: isinstance(key, ed25519.Ed25519PrivateKey),
}
"""The allowed ones (C2PA 2.2, 13.2.1), each with the question whether it is one of a key."""


def load_certificate(certificate: Path, key: Path, algorithm: str) -> Certificate:
    """The certificate of two PEM files; raises Unfit."""
    chain = _content("certificate", certificate)
    first, private = _first(chain), _private(_content("key", key))
    if private.public_key() != first.public_key():
        raise Unfit(
            "key",
            "names the key of another certificate; allowed is that of the first in the chain.",
        )
    if not ALGORITHMS[algorithm](private):
        fitting = " or ".join(each for each, fits in ALGORITHMS.items() if fits(private))
        raise Unfit("algorithm", f"is {algorithm}; allowed with this key is {fitting or 'none'}.")
    return Certificate(
        chain=chain,
        key=private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        algorithm=algorithm,
        holder=_holder(first),
        ends=first.not_valid_after_utc,
    )


def _content(part: Literal["certificate", "key"], file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Unfit(part, "names a file that this user may not read.") from error


def _first(chain: bytes) -> x509.Certificate:
    try:
        first, *_ = x509.load_pem_x509_certificates(chain)
    except ValueError as error:
        raise Unfit(
            "certificate",
            "names a file without certificates; allowed is a PEM file with the signer's own first.",
        ) from error
    begins, ends, now = first.not_valid_before_utc, first.not_valid_after_utc, datetime.now(UTC)
    if not begins <= now <= ends:
        raise Unfit(
            "certificate",
            f"names a certificate that is valid from {begins:%Y-%m-%d} to {ends:%Y-%m-%d}; "
            "allowed is one that is valid today.",
        )
    return first


def _private(key: bytes) -> PrivateKeyTypes:
    try:
        return load_pem_private_key(key, password=None)
    except (TypeError, ValueError) as error:  # a TypeError where it is encrypted
        raise Unfit(
            "key",
            "names a file without a private key that can be read; "
            "allowed is a PEM file that asks for no passphrase.",
        ) from error


def _holder(certificate: x509.Certificate) -> str:
    for name in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        for attribute in certificate.subject.get_attributes_for_oid(name):
            return str(attribute.value)
    return "nobody"
