"""Which addresses may be asked."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixellab.adapters.outbound.addresses import (
    AllowedAddresses,
    NotAllowed,
    NotReached,
    addresses_of,
    any_address,
    check_public,
    resolved,
)

PRIVATE = [
    *("127.0.0.1", "127.255.0.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1"),
    *("198.18.0.1", "203.0.113.9", "224.0.0.1", "239.255.255.250", "233.252.0.1"),
    *("240.0.0.1", "255.255.255.255", "168.63.129.16", "192.88.99.1"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1"),
    *("2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1", "100::1"),
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "2a00:1450:4001::1"]

EVERYONE = AllowedAddresses(["*"])


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(NotAllowed, match="not public; allowed are public ones"):
        check_public(["8.8.8.8", address])
    shown = f"[{address}]" if ":" in address else address
    with pytest.raises(NotAllowed):
        EVERYONE.target(f"https://{shown}/photo.jpg")


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_allowed(address: str) -> None:
    check_public([address])
    shown = f"[{address}]" if ":" in address else address
    target = EVERYONE.target(f"https://{shown}/photo.jpg")
    assert (target.host, target.port, target.netloc) == (address, 443, shown)


@given(st.integers(0, 2**32 - 1))
def test_an_ipv4_address_is_no_more_public_inside_an_ipv6_one(number: int) -> None:
    low = f"{number >> 16:x}:{number & 0xFFFF:x}"
    for inside in (f"::ffff:{low}", f"::{low}", f"64:ff9b::{low}", f"2002:{low}::"):
        with pytest.raises(NotAllowed):
            check_public([inside])


@pytest.mark.parametrize(
    "written", ["0x7f.0.0.1", "2130706433", "127.1", "017700000001", "localhost", "0"]
)
def test_other_ways_of_writing_this_machine_lead_nowhere(written: str) -> None:
    with pytest.raises(NotAllowed, match="not public"):
        addresses_of(EVERYONE.target(f"https://{written}/"), resolved, 5)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://images.example/a.jpg", "must begin with https://"),
        ("ftp://images.example/a.jpg", "must begin with https://"),
        ("file:///etc/passwd", "must begin with https://"),
        ("https:///a.jpg", "and a host"),
        ("images.example/a.jpg", "must begin with https://"),
        ("https://user:secret@images.example/", "a user or a password"),
        ("https://user@images.example/", "a user or a password"),
        ("https://@images.example/", "a user or a password"),
        ("https://images.example:8443/", "must not name a port"),
        ("https://images.example:0/", "a host or a port that is none"),
        ("https://images.example:99999/", "not well-formed"),
        ("https://[::1", "not well-formed"),
        ("https://images.example\\@10.0.0.1/", "ASCII characters without blanks"),
        ("https://images.example/a b.jpg", "ASCII characters without blanks"),
        ("https://images.example/a\r\nX: y", "ASCII characters without blanks"),
        ("https://bücher.example/", "ASCII characters without blanks"),
        ("https://images.example/" + "a" * 5000, "at most 4096"),
        (f"https://{'a.' * 130}example/", "a host or a port that is none"),
        ("https://exa%6dple.com/", "a host or a port that is none"),
        ("", "ASCII characters"),
    ],
)
def test_a_bad_address_is_one_sentence(url: str, told: str) -> None:
    with pytest.raises(NotAllowed, match=told):
        EVERYONE.target(url)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"https://a.example/{text}"):
        try:
            target = EVERYONE.target(url)
        except NotAllowed:
            continue
        assert (target.scheme, target.port) == ("https", 443)
        assert target.path.startswith(("/", "?"))
        assert not target.trusted


def test_hosts_are_allowed_by_name_or_below_one() -> None:
    allowed = AllowedAddresses(["images.example", "*.cdn.example"])
    for host in ("images.example", "IMAGES.Example", "images.example.", "a.b.cdn.example"):
        assert allowed.target(f"https://{host}/x?y=1").path == "/x?y=1"
    for host in ("example", "a.images.example", "cdn.example", "evilcdn.example", "8.8.8.8"):
        with pytest.raises(NotAllowed, match="which is not allowed here"):
            allowed.target(f"https://{host}/")
    assert not AllowedAddresses([])
    with pytest.raises(NotAllowed):
        AllowedAddresses([]).target("https://images.example/")


def test_an_origin_is_trusted_wherever_it_leads() -> None:
    allowed = AllowedAddresses(["http://localhost:9000", "https://10.0.0.5:8443"])
    target = allowed.target("http://localhost:9000/a.jpg")
    assert target.trusted
    assert addresses_of(target, resolved, 5)
    assert allowed.target("https://10.0.0.5:8443/").trusted
    for url in ("http://localhost:9001/", "https://localhost:9000/", "https://10.0.0.5/"):
        with pytest.raises(NotAllowed):
            allowed.target(url)
    assert any_address("http://10.0.0.1:8080/hook").trusted
    with pytest.raises(NotAllowed):
        any_address("nonsense")


@pytest.mark.parametrize(
    "listed", ["a b", "http://", "https://a.example/path", "*example", "ftp://a.example", "a..b"]
)
def test_what_is_no_host_cannot_be_allowed(listed: str) -> None:
    with pytest.raises(ValueError, match=r"not a|path"):
        AllowedAddresses([listed])


def test_a_name_that_leads_to_one_private_address_among_others_is_refused() -> None:
    target = EVERYONE.target("https://images.example/")
    with pytest.raises(NotAllowed):
        addresses_of(target, lambda *_: ["8.8.8.8", "10.0.0.1"], 5)
    assert addresses_of(target, lambda *_: PUBLIC, 5) == PUBLIC


def test_an_unknown_name_and_one_that_nobody_answers_for_in_time() -> None:
    target = EVERYONE.target("https://nobody.invalid/")
    with pytest.raises(NotReached, match="a host that is not known"):
        addresses_of(target, resolved, 20)
    with pytest.raises(NotReached, match="a host that is not known"):
        addresses_of(target, lambda *_: [], 5)

    def late(_host: str, _port: int) -> Sequence[str]:
        time.sleep(2)
        return PUBLIC

    with pytest.raises(NotReached, match="could not be looked up in time"):
        addresses_of(target, late, 0.05)
