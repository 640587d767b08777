"""What the boxes of AVIF and HEIC say (ISO/IEC 14496-12 and 23008-12)."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

PRIMARY_ITEM, PROPERTIES, ITEMS, LOCATIONS = b"pitm", b"iprp", b"iinf", b"iloc"
REFERENCES, DERIVED_FROM = b"iref", b"dimg"
MAX_BOXES, MAX_META = 1_000, 1_000_000
"""How many boxes side by side, and bytes of those that describe items, are looked at."""
FULL = 4
"""Bytes of version and flags that begin the body of many boxes."""


@frozen
class Box:
    name: bytes
    body: bytes


def boxes(data: bytes) -> Iterator[Box]:
    """Those that lie side by side in ``data``; a nameless one for a rest that makes no sense."""
    place = 0
    for _ in range(MAX_BOXES):
        if place == len(data):
            return
        size, header = int.from_bytes(data[place : place + 4], "big"), 8
        if size == 1:
            size, header = int.from_bytes(data[place + 8 : place + 16], "big"), 16
        elif size == 0:
            size = len(data) - place
        if size < header or place + size > len(data):
            break
        yield Box(data[place + 4 : place + 8], data[place + header : place + size])
        place += size
    yield Box(b"", b"")


def code_points(content: bytes) -> tuple[int, int] | None:
    """Colour primaries and transfer of the picture by ISO/IEC 23091-2 (H.273), if it has them."""
    for each in _of_picture(content):
        if each.name == b"colr" and each.body[:4] == b"nclx":
            return int.from_bytes(each.body[4:6], "big"), int.from_bytes(each.body[6:8], "big")
    return None


def bits_of_channels(content: bytes) -> int:
    """The most that a channel of the picture has; 8 where that is not said."""
    found = (each.body[FULL + 1 :] for each in _of_picture(content) if each.name == b"pixi")
    return max(next(found, b""), default=8)


def item_properties(content: bytes) -> list[Box]:
    """All there are, in the order by which items name them."""
    return list(boxes(_body(_inside(content).get(PROPERTIES, b""), b"ipco")))


def uses_all_its_data(content: bytes) -> bool:
    """Whether items are all that the box ``mdat`` holds, so that no removed one is left there."""
    held = sum(len(each.body) for each in boxes(content) if each.name == b"mdat")
    body = _inside(content).get(LOCATIONS, b"")
    return bool(body) and sum(_extents(body)) == held


def item_types(content: bytes) -> list[bytes]:
    """What the file holds: ``av01`` and ``hvc1`` are coded pictures, ``Exif`` and so on not."""
    body = _inside(content).get(ITEMS, b"")
    count = 2 if body[:1] == b"\0" else 4
    entries = [each.body for each in boxes(body[FULL + count :]) if each.name == b"infe"]
    # Of versions 2 and 3; the id has 2 or 4 bytes, and 2 more are its protection.
    return [each[8:12] if each[:1] == b"\x02" else each[10:14] for each in entries]


def items_told(content: bytes) -> int:
    """How many items the file says that it has, or that others are made of, whichever is more."""
    meta = _inside(content)
    body, references = meta.get(ITEMS, b""), meta.get(REFERENCES, b"")
    count = int.from_bytes(body[FULL : FULL + (2 if body[:1] == b"\0" else 4)], "big")
    id_size = 2 if references[:1] == b"\0" else 4
    made_of = (
        int.from_bytes(each.body[id_size : id_size + 2], "big")
        for each in boxes(references[FULL:])
        if each.name == DERIVED_FROM
    )
    return max(count, sum(made_of))


def _inside(content: bytes) -> dict[bytes, bytes]:
    return {each.name: each.body for each in boxes(_body(content, b"meta")[FULL:MAX_META])}


def _of_picture(content: bytes) -> Iterator[Box]:
    """The properties of the item that is the picture."""
    meta, properties = _inside(content), item_properties(content)
    for index in _properties_of(_primary(meta), _body(meta.get(PROPERTIES, b""), b"ipma")):
        if 0 < index <= len(properties):
            yield properties[index - 1]


def _body(data: bytes, name: bytes) -> bytes:
    return next((each.body for each in boxes(data) if each.name == name), b"")


def _primary(meta: dict[bytes, bytes]) -> int:
    return int.from_bytes(meta.get(PRIMARY_ITEM, b"")[FULL:], "big")


def _properties_of(item: int, body: bytes) -> list[int]:
    """The numbers, from 1, of an item's properties, by the box ``ipma``."""
    id_size = 2 if body[:1] == b"\0" else 4
    wide = bool(body[3:4]) and bool(body[3] & 1)
    place = FULL + 4
    while place < len(body):
        found = int.from_bytes(body[place : place + id_size], "big")
        place += id_size
        count, place = body[place] if place < len(body) else 0, place + 1
        size = 2 if wide else 1
        # The highest bit says whether a reader has to understand the property.
        numbers = [
            int.from_bytes(body[at : at + size], "big") & (0x7FFF if wide else 0x7F)
            for at in range(place, place + count * size, size)
        ]
        if found == item:
            return numbers
        place += count * size
    return []


def _extents(body: bytes) -> Iterator[int]:
    """The length of every piece of an item, by the box ``iloc``."""
    version = body[0]
    offset_size, length_size = body[4] >> 4, body[4] & 15
    base_size, index_size = body[5] >> 4, (body[5] & 15 if version else 0)
    id_size = 4 if version == 2 else 2
    place = 6 + id_size
    for _ in range(int.from_bytes(body[6:place], "big")):
        # The id, how it is stored (from version 1 on), the data's file, and where it begins.
        place += id_size + (2 if version else 0) + 2 + base_size
        count = int.from_bytes(body[place : place + 2], "big")
        place += 2
        for _ in range(count):
            place += index_size + offset_size
            yield int.from_bytes(body[place : place + length_size], "big")
            place += length_size
