"""Which addresses that strangers name may be asked.

An address is checked twice: as it is written, and again once its name is resolved. What is then
connected to is the very IP address that was checked, so that a name cannot lead elsewhere a moment
later (DNS rebinding).
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooSlow
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from threading import Thread
from urllib.parse import urlsplit

from attrs import frozen

from pixellab.domain.requests import MAX_ADDRESS

PORTS = {"http": 80, "https": 443}
PRINTABLE = re.compile(r"[!-~]+")
MAX_HOST = 253
"""Characters, by RFC 1035; a record has room for as many."""
HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
ANY = "*"

# Beside what is_global says no to. Each may stand for an IPv4 address that is not public: mapped,
# compatible, translated (RFC 6052, RFC 8215), 6to4 (RFC 3056), Teredo (RFC 4380). The last is
# Azure's own service, which answers every machine there, as 169.254.169.254 does elsewhere.
NOT_PUBLIC = tuple(
    ip_network(each)
    for each in (
        *("::ffff:0:0/96", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"),
        *("fec0::/10", "192.88.99.0/24", "192.0.0.0/24", "168.63.129.16/32"),
    )
)

Resolve = Callable[[str, int], Sequence[str]]
"""The IP addresses of a host and port, best first. Raises OSError for a name that is not known."""


class NotAllowed(Exception):
    """An address may not be asked; the message goes on after "The address"."""


class NotReached(Exception):
    """An address may be asked, but does not answer; the message as that of NotAllowed."""


@frozen
class Target:
    """Where a request goes."""

    scheme: str
    host: str
    """In lower case; an IPv6 address without brackets."""
    port: int
    path: str
    """With its query; begins with a slash."""
    trusted: bool
    """Whether the operator named this very origin, so that it need be neither public nor https."""

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.netloc}"

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


class AllowedAddresses:
    """What may be asked: ``*`` is every public host, by https on port 443.

    A host (``images.example``), or those below one (``*.images.example``), are the same, narrower.
    An origin (``http://localhost:9000``) is allowed wherever it leads and on its own port: whoever
    writes that down vouches for it.
    """

    def __init__(self, listed: Iterable[str]) -> None:
        """Raises ValueError for what is none of these."""
        self._hosts: set[str] = set()
        self._below: list[str] = []
        self._origins: set[str] = set()
        for each in listed:
            self._add(each.lower())

    @property
    def told(self) -> str:
        """In words."""
        below = {f"*{each}" for each in self._below}
        named = ", ".join(sorted(self._hosts - {ANY} | below | self._origins))
        everyone = "every public host" if ANY in self._hosts else ""
        return " and ".join(filter(None, (everyone, named)))

    def __bool__(self) -> bool:
        return bool(self._hosts or self._below or self._origins)

    def target(self, url: str) -> Target:
        """Where ``url`` leads, if it may be asked as far as its letters tell. Raises NotAllowed."""
        target = _target(url)
        if target.origin in self._origins:
            return Target(target.scheme, target.host, target.port, target.path, trusted=True)
        if not self._names(target.host):
            raise NotAllowed(f"names the host {target.host[:100]!r}, which is not allowed here")
        if target.scheme != "https":
            raise NotAllowed("must begin with https://")
        if target.port != PORTS["https"]:
            raise NotAllowed("must not name a port; allowed is 443")
        if _is_ip(target.host):
            check_public([target.host])
        return target

    def _add(self, each: str) -> None:
        if "://" in each:
            target = _vouched(each)
            self._origins.add(target.origin)
        elif each == ANY or HOST.fullmatch(each):
            self._hosts.add(each.rstrip("."))
        elif each.startswith("*.") and HOST.fullmatch(each[2:]):
            self._below.append(each[1:].rstrip("."))
        else:
            raise ValueError("not a host")

    def _names(self, host: str) -> bool:
        return bool({ANY, host} & self._hosts) or host.endswith(tuple(self._below))


def any_address(url: str) -> Target:
    """Where an address leads that the operator set, which may be any. Raises NotAllowed."""
    target = _target(url)
    return Target(target.scheme, target.host, target.port, target.path, trusted=True)


def addresses_of(target: Target, resolve: Resolve, seconds: float) -> Sequence[str]:
    """The IP addresses to connect to, resolved once. Raises NotReached, NotAllowed."""
    try:
        found = _within(seconds, lambda: resolve(target.host, target.port))
    except TooSlow:
        raise NotReached("names a host that could not be looked up in time") from None
    except (OSError, UnicodeError) as error:
        raise NotReached("names a host that is not known") from error
    if not found:
        raise NotReached("names a host that is not known")
    if not target.trusted:
        check_public(found)
    return found


def check_public(addresses: Iterable[str]) -> None:
    """Raises NotAllowed where one of them is not public: who mixes them wants to be let in."""
    for each in addresses:
        if not _is_public(ip_address(each.partition("%")[0])):
            raise NotAllowed("leads to an address that is not public; allowed are public ones")


def resolved(host: str, port: int) -> Sequence[str]:
    """As the system resolves names."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    special = address.is_multicast or address.is_reserved or address.is_unspecified
    within = any(address in each for each in NOT_PUBLIC if each.version == address.version)
    return address.is_global and not (special or within or address.is_loopback)


def _target(url: str) -> Target:
    if len(url) > MAX_ADDRESS or not PRINTABLE.fullmatch(url) or "\\" in url:
        raise NotAllowed(
            f"must be at most {MAX_ADDRESS} ASCII characters without blanks; write others as %XX"
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise NotAllowed("is not well-formed") from None
    if parts.scheme not in PORTS or not host:
        raise NotAllowed("must begin with https:// and a host")
    if "@" in parts.netloc:
        raise NotAllowed("must not have a user or a password")
    named = HOST.fullmatch(host) and len(host) <= MAX_HOST
    if not (named or _is_ip(host)) or port == 0:
        raise NotAllowed("names a host or a port that is none")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = host.rstrip(".")
    return Target(parts.scheme, host, port or PORTS[parts.scheme], path, trusted=False)


def _vouched(origin: str) -> Target:
    try:
        target = _target(origin)
    except NotAllowed as error:
        raise ValueError("not an origin") from error
    if target.path != "/":
        raise ValueError("with a path")
    return target


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _within(seconds: float, call: Callable[[], Sequence[str]]) -> Sequence[str]:
    """What ``call`` gives or raises; TooSlow beyond ``seconds``: looking up a name has no limit."""
    ended: Future[Sequence[str]] = Future()

    def run() -> None:
        try:
            ended.set_result(call())
        except BaseException as error:
            ended.set_exception(error)

    Thread(target=run, name="resolve", daemon=True).start()
    return ended.result(timeout=seconds)
