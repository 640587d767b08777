"""Certificates for content credentials, made by an authority of the tests' own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from attrs import frozen
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
HOLDER = "Acme Shop"
EMAIL, SERVER = ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.SERVER_AUTH
TIME = ExtendedKeyUsageOID.TIME_STAMPING


@frozen
class Signed:
    """A certificate as files, and the authority that a reader has to trust for it."""

    certificate: Path
    key: Path
    authority: str


def p256() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def make_certificate(
    folder: Path,
    key: Key | None = None,
    *,
    begins: int = -1,
    ends: int = 90,
    usage: x509.ObjectIdentifier = EMAIL,
) -> Signed:
    """A chain of two; ``begins`` and ``ends`` are days from now."""
    folder.mkdir(parents=True, exist_ok=True)
    key = key or p256()
    authority_key = ec.generate_private_key(ec.SECP256R1())
    issuer, now = name("Tests"), datetime.now(UTC)
    authority = (
        certificate(issuer, issuer, authority_key)
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=400))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(key_usage(of_authority=True), critical=True)
        .sign(authority_key, SHA256())
    )
    own = (
        certificate(name(HOLDER), issuer, key)
        .not_valid_before(now + timedelta(days=begins))
        .not_valid_after(now + timedelta(days=ends))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(of_authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=usage == TIME)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()),
            critical=False,
        )
        .sign(authority_key, SHA256())
    )
    files = Signed(folder / "chain.pem", folder / "key.pem", authority.public_bytes(PEM).decode())
    files.certificate.write_bytes(own.public_bytes(PEM) + authority.public_bytes(PEM))
    files.key.write_bytes(key.private_bytes(PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


PEM = Encoding.PEM


def name(organization: str) -> x509.Name:
    attributes = (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
    return x509.Name([x509.NameAttribute(each, organization) for each in attributes])


def certificate(subject: x509.Name, issuer: x509.Name, key: Key) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def key_usage(*, of_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not of_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=of_authority,
        crl_sign=of_authority,
        encipher_only=False,
        decipher_only=False,
    )
