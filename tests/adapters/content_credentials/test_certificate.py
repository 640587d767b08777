"""Which certificates results are signed with, and what is said of the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from pixellab.adapters.content_credentials.certificate import ALGORITHMS, Unfit, load_certificate
from pixellab.adapters.content_credentials.signing import C2paCredentials
from tests.certificates import HOLDER, SERVER, Key, make_certificate

KEYS: dict[str, Key] = {
    "es256": ec.generate_private_key(ec.SECP256R1()),
    "es384": ec.generate_private_key(ec.SECP384R1()),
    "es512": ec.generate_private_key(ec.SECP521R1()),
    **dict.fromkeys(("ps256", "ps384", "ps512"), rsa.generate_private_key(65537, 2048)),
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_signs(tmp_path: Path, algorithm: str) -> None:
    files = make_certificate(tmp_path, KEYS[algorithm])
    certificate = load_certificate(files.certificate, files.key, algorithm)
    assert certificate.holder == HOLDER
    [found] = C2paCredentials(certificate=certificate, version="1").diagnose()
    assert found.found.startswith(f"files are signed as {HOLDER} until 20")


def test_a_key_in_its_older_form_is_read_too(tmp_path: Path) -> None:
    files = make_certificate(tmp_path)
    key = load_pem_private_key(files.key.read_bytes(), None)
    old = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    files.key.write_bytes(old)
    assert b"EC PRIVATE KEY" in old
    certificate = load_certificate(files.certificate, files.key, "es256")
    assert C2paCredentials(certificate=certificate, version="1")


def test_the_key_shows_in_no_representation(tmp_path: Path) -> None:
    files = make_certificate(tmp_path)
    certificate = load_certificate(files.certificate, files.key, "es256")
    assert "PRIVATE KEY" not in repr(C2paCredentials(certificate=certificate, version="1"))


def refused(part: str, why: str, certificate: Path, key: Path, algorithm: str = "es256") -> None:
    with pytest.raises(Unfit, match=why) as unfit:
        C2paCredentials(certificate=load_certificate(certificate, key, algorithm), version="1")
    assert unfit.value.part == part
    assert str(certificate.parent) not in str(unfit.value)


def test_what_holds_no_certificate_or_no_key_is_named(tmp_path: Path) -> None:
    files = make_certificate(tmp_path)
    refused("certificate", "without certificates", files.key, files.key)
    refused("key", "without a private key", files.certificate, files.certificate)
    refused("certificate", "may not read", tmp_path, files.key)
    refused("key", "may not read", files.certificate, tmp_path)


def test_a_key_with_a_passphrase_is_refused(tmp_path: Path) -> None:
    files = make_certificate(tmp_path)
    key = load_pem_private_key(files.key.read_bytes(), None)
    locked = BestAvailableEncryption(b"hunter2")
    files.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
    refused("key", "asks for no passphrase", files.certificate, files.key)


def test_another_certificates_key_is_refused(tmp_path: Path) -> None:
    files, others = make_certificate(tmp_path / "a"), make_certificate(tmp_path / "b")
    refused("key", "another certificate", files.certificate, others.key)


def test_an_algorithm_that_is_not_the_keys_is_refused(tmp_path: Path) -> None:
    files = make_certificate(tmp_path)
    refused("algorithm", "is es384; .* is es256", files.certificate, files.key, "es384")


@pytest.mark.parametrize(("begins", "ends"), [(-20, -10), (10, 20)])
def test_a_certificate_is_refused_before_and_after_its_time(
    tmp_path: Path, begins: int, ends: int
) -> None:
    files = make_certificate(tmp_path, begins=begins, ends=ends)
    refused("certificate", "valid from 20.* allowed is", files.certificate, files.key)


def test_a_certificate_for_a_web_server_is_refused(tmp_path: Path) -> None:
    files = make_certificate(tmp_path, usage=SERVER)
    refused("certificate", "not for content credentials", files.certificate, files.key)


def test_a_certificate_that_ends_soon_is_told_of(tmp_path: Path) -> None:
    files = make_certificate(tmp_path, ends=7)
    certificate = load_certificate(files.certificate, files.key, "es256")
    [found] = C2paCredentials(certificate=certificate, version="1").diagnose()
    assert (found.verdict, found.advice[:5]) == ("warning", "Renew")
