"""The lines of a batch: read from a manifest, line by line, or made of keys.

A line that is wrong is a Line with a failure, and the others go on. Nothing is held in memory but
the line that is read.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from attrs import frozen

from pixellab.domain.batches import MAX_LINES, MAX_SOURCE, STORE, Line
from pixellab.domain.errors import InvalidRequest
from pixellab.domain.ports import RemoteFiles
from pixellab.domain.requests import MAX_SKU_LENGTH
from pixellab.domain.use_cases.batches.sources import NO_KEY, TAKEN_IN

COLUMNS = ("image_url", "key", "sku_id")
MAX_LINE = 16_384
"""Bytes of a line."""
ALLOWED = f"allowed are {', '.join(COLUMNS)}"
MANIFEST = (
    "The manifest must be CSV whose first line names its columns, JSON lines, or a JSON array of "
    f"objects; {ALLOWED}."
)


@frozen(kw_only=True)
class SourceRules:
    """Which sources a line may name."""

    check_key: Callable[[str], object]
    """Raises ValueError for what no store takes as a key."""
    remote: RemoteFiles
    prefix: str | None = None
    """How keys must begin; None where none may be named."""

    def line(self, number: int, fields: Mapping[str, Any]) -> Line:
        """The line that these columns make, with a failure if they are wrong."""
        given = {name: value for name, value in fields.items() if value not in (None, "")}
        key = f"{STORE}{given['key']}" if "key" in given else ""
        shown = str(given.get("image_url") or key)[:MAX_SOURCE]
        try:
            source = self._source(given)
            return Line(number=number, source=source, sku_id=_sku_id(given.get("sku_id")))
        except InvalidRequest as error:
            source = _storable(shown)
            return Line(number=number, source=source, failure=error.message)

    def check_prefix(self, prefix: str) -> None:
        """Raise InvalidRequest for a prefix under which nothing may be taken."""
        if self.prefix is None:
            raise InvalidRequest("prefix", "Objects of the store are not allowed here.")
        if not prefix or not prefix.startswith(self.prefix):
            begin = f"begin with {self.prefix}" if self.prefix else "not be empty"
            raise InvalidRequest("prefix", f"prefix must {begin}.")

    def _source(self, given: Mapping[str, Any]) -> str:
        for name in given:
            if name not in COLUMNS:
                raise InvalidRequest(name[:40], f"There is no column {name[:40]!r}; {ALLOWED}.")
        sources = [given[name] for name in ("image_url", "key") if name in given]
        if len(sources) != 1 or not isinstance(sources[0], str):
            raise InvalidRequest("line", "A line must have either an image_url or a key.")
        if len(sources[0]) > MAX_SOURCE - len(STORE) or not sources[0].isprintable():
            told = f"image_url and key must be 1 to {MAX_SOURCE - len(STORE)} printable characters."
            raise InvalidRequest("line", told)
        return self._key(sources[0]) if "key" in given else self._address(sources[0])

    def _key(self, key: str) -> str:
        if self.prefix is None:
            raise InvalidRequest("key", "Objects of the store are not allowed here.")
        try:
            self.check_key(key)
        except ValueError:
            raise InvalidRequest("key", NO_KEY) from None
        if not key.startswith(self.prefix):
            raise InvalidRequest("key", f"key must begin with {self.prefix}.")
        if key.startswith(TAKEN_IN):
            raise InvalidRequest("key", f"Keys that begin with {TAKEN_IN} are another batch's.")
        return f"{STORE}{key}"

    def _address(self, address: str) -> str:
        if address.startswith(STORE):
            raise InvalidRequest("image_url", "image_url must begin with https://.")
        self.remote.check(address)
        return address


def read_manifest(file: BinaryIO, rules: SourceRules) -> Iterator[Line]:
    """The lines of a manifest: CSV, JSON lines or a JSON array, as its first character tells.

    Raises InvalidRequest for what is none of these, as it is read.
    """
    file.seek(0)
    first = file.read(MAX_LINE).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    file.seek(0)
    if first == b"{":
        records = _json_lines(file)
    elif first == b"[":
        records = _json_array(file)
    else:
        records = _csv(file)
    for number, record in enumerate(records, start=1):
        if isinstance(record, str):
            yield Line(number=number, source="", failure=record)
        else:
            yield rules.line(number, record)


def lines_of(records: Iterable[Mapping[str, Any]], rules: SourceRules) -> Iterator[Line]:
    """The lines that a program gives as mappings."""
    for number, record in enumerate(records, start=1):
        yield rules.line(number, record)


def lines_of_keys(keys: Iterable[str]) -> Iterator[Line]:
    """A line for each key; none, or more than a batch may have, are an InvalidRequest.

    Keys that end in a slash are left out, as they stand for folders, and so is what was put into
    the store for a batch.
    """
    objects = (key for key in keys if not key.endswith("/") and not key.startswith(TAKEN_IN))
    number = 0
    for number, key in enumerate(objects, start=1):
        if number > MAX_LINES:
            raise too_many("prefix")
        yield Line(number=number, source=f"{STORE}{key}")
    if not number:
        told = "No object of the store has a key that begins so; there is nothing to do."
        raise InvalidRequest("prefix", told)


def too_many(field: str) -> InvalidRequest:
    return InvalidRequest(field, f"A batch has at most {MAX_LINES:,} lines; make several.")


Record = Mapping[str, Any] | str
"""The columns of a line, or the sentence that says what is wrong with it."""


def _json_lines(file: BinaryIO) -> Iterator[Record]:
    for line in _raw_lines(file):
        if line is None:
            yield f"The line is longer than {MAX_LINE} bytes."
        elif line.strip():
            yield _json_object(line)


def _raw_lines(file: BinaryIO) -> Iterator[bytes | None]:
    """Each line; None for one that is too long to be held."""
    while line := file.readline(MAX_LINE + 1):
        if len(line) <= MAX_LINE:
            yield line.removeprefix(b"\xef\xbb\xbf")
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(MAX_LINE)
        yield None


def _json_object(text: bytes) -> Record:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return "The line is not JSON."
    return found if isinstance(found, dict) else "The line is not a JSON object."


def _json_array(file: BinaryIO) -> Iterator[Record]:
    """The objects of an array, of which the next is held only."""
    text, decoder, rest = io.TextIOWrapper(file, "utf-8-sig", newline=""), json.JSONDecoder(), ""
    try:
        begun = False
        while True:
            if len(rest) <= MAX_LINE:
                rest += text.read(4 * MAX_LINE)
            rest = rest.lstrip()
            if begun and rest[:1] == "]" and not rest[1:].strip() and not text.read(1):
                return
            if rest[:1] != ("," if begun else "["):
                raise ValueError("no array")
            rest = rest[1:].lstrip()
            if not begun and rest[:1] == "]":
                return
            begun = True
            if not rest.startswith("{"):
                raise ValueError("no object")
            found, end = decoder.raw_decode(rest)
            if end > MAX_LINE:
                raise ValueError("too long")
            yield found
            rest = rest[end:]
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("manifest", MANIFEST) from error
    finally:
        text.detach()


def _csv(file: BinaryIO) -> Iterator[Record]:
    text = io.TextIOWrapper(file, "utf-8-sig", errors="surrogateescape", newline="")
    try:
        reader = csv.reader(_bounded(text))
        header = [name.strip() for name in next(reader, [])]
        _check_header(header)
        for row in reader:
            if any(cell.strip() for cell in row):
                yield _row(header, row)
    except csv.Error as error:
        raise InvalidRequest("manifest", MANIFEST) from error
    finally:
        text.detach()


def _check_header(header: list[str]) -> None:
    if not "".join(header).isprintable() or not any(header):
        raise InvalidRequest("manifest", MANIFEST)
    if unknown := [name for name in header if name not in COLUMNS]:
        told = f"The manifest's first line names the column {unknown[0][:40]!r}; {ALLOWED}"
        raise InvalidRequest("manifest", f"{told}, separated by commas.")
    if not {"image_url", "key"} & {*header}:
        told = "The manifest's first line must name the column image_url or the column key."
        raise InvalidRequest("manifest", told)
    if len(header) != len({*header}):
        raise InvalidRequest("manifest", "The manifest names a column twice.")


def _bounded(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(MAX_LINE):
        yield line


def _row(header: list[str], row: list[str]) -> Record:
    if len(row) > len(header):
        return f"The line has {len(row)} columns; the first line names {len(header)}."
    if not "".join(row).isprintable():
        return "The line is not printable text in UTF-8."
    return {name: cell.strip() for name, cell in zip(header, row, strict=False)}


def _sku_id(sku_id: object) -> str | None:
    if sku_id is None:
        return None
    fits = isinstance(sku_id, str) and 0 < len(sku_id.strip(" ")) <= MAX_SKU_LENGTH
    if not isinstance(sku_id, str) or not fits or not sku_id.isprintable():
        told = f"sku_id must be 1 to {MAX_SKU_LENGTH} printable characters long."
        raise InvalidRequest("sku_id", told)
    return sku_id.strip(" ")


def _storable(text: str) -> str:
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
