"""Manifests are read line by line, and a wrong line stops no other."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixellab.adapters.object_stores.in_memory import InMemoryObjectStore
from pixellab.domain.batches import MAX_LINES, Line
from pixellab.domain.errors import InvalidRequest
from pixellab.domain.ports import RemoteFile, RemoteFiles
from pixellab.domain.use_cases.batches import SourceRules, lines_of_keys, read_manifest
from pixellab.domain.use_cases.batches.manifest import MAX_LINE
from pixellab.entrypoints.settings import load_settings
from pixellab.entrypoints.wiring.wire_addresses import remote_files


class Anywhere(RemoteFiles):
    """Lets any address of one host pass."""

    def check(self, url: str) -> None:
        if not url.startswith("https://shop.example/"):
            raise InvalidRequest("image_url", "That host is not allowed.")

    def fetch(self, url: str) -> RemoteFile:
        raise NotImplementedError


RULES = SourceRules(check_key=InMemoryObjectStore().locate, prefix="incoming/", remote=Anywhere())
KEY = {"key": "incoming/a.jpg", "sku_id": "MUG-1"}
ADDRESS = {"image_url": "https://shop.example/b.jpg"}
WANTED = [
    Line(number=1, source="store:incoming/a.jpg", sku_id="MUG-1"),
    Line(number=2, source="https://shop.example/b.jpg"),
]


def read(text: str | bytes, rules: SourceRules = RULES) -> list[Line]:
    content = text.encode() if isinstance(text, str) else text
    return list(read_manifest(io.BytesIO(content), rules))


@pytest.mark.parametrize(
    "text",
    [
        "key,sku_id,image_url\nincoming/a.jpg,MUG-1,\n,,https://shop.example/b.jpg\n",
        '\ufeffsku_id, key ,image_url\r\nMUG-1,"incoming/a.jpg"\r\n\r\n,,https://shop.example/b.jpg',
        "\n".join(map(json.dumps, [KEY, ADDRESS])),
        "\ufeff" + "\n\n".join(map(json.dumps, [KEY, ADDRESS])) + "\n",
        json.dumps([KEY, ADDRESS], indent=2),
        json.dumps([KEY, ADDRESS]) + "\n",
    ],
)
def test_each_form_is_read(text: str) -> None:
    assert read(text) == WANTED


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({}, "either an image_url or a key"),
        ({**KEY, **ADDRESS}, "either an image_url or a key"),
        ({"key": 5}, "either an image_url or a key"),
        ({"key": "incoming/../a.jpg"}, "none that the store takes"),
        ({"key": "uploads/original/a.jpg"}, "must begin with incoming/"),
        ({"key": "incoming/" + "a" * 1024}, "printable characters"),
        ({"key": "incoming/a\x07.jpg"}, "printable characters"),
        ({"image_url": "https://evil.example/a.jpg"}, "That host is not allowed"),
        ({"image_url": "store:uploads/a.jpg"}, "must begin with https"),
        ({**KEY, "colour": "red"}, "There is no column 'colour'; allowed are"),
        ({**KEY, "sku_id": "x" * 129}, "sku_id must be 1 to 128"),
        ({**KEY, "sku_id": ["x"]}, "sku_id must be 1 to 128"),
    ],
)
def test_a_bad_line_has_its_sentence_and_the_others_go_on(
    record: dict[str, Any], told: str
) -> None:
    first, second, third = read("\n".join(map(json.dumps, [KEY, record, KEY])))
    assert first.failure is None
    assert third == Line(number=3, source="store:incoming/a.jpg", sku_id="MUG-1")
    assert second.number == 2
    assert told in str(second.failure)
    assert len(second.source) <= 1024


@pytest.mark.parametrize(
    "line", ["{", "[]", "5", "nonsense", '{"key": "' + "a" * MAX_LINE + '"}', "[" * 9000]
)
def test_a_line_that_is_no_object(line: str) -> None:
    lines = read(f"{json.dumps(KEY)}\n{line}\n{json.dumps(KEY)}")
    assert [bool(each.failure) for each in lines] == [False, True, False]


def test_wrong_rows_of_csv() -> None:
    text = b"key,sku_id\nincoming/a.jpg,1,2\nincoming/\xff.jpg,\nincoming/a.jpg,3\n"
    lines = read(text)
    assert "3 columns" in str(lines[0].failure)
    assert "UTF-8" in str(lines[1].failure)
    assert lines[2] == Line(number=3, source="store:incoming/a.jpg", sku_id="3")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name,colour\na,b",
        "key,key\na,b",
        "incoming/a.jpg\nincoming/b.jpg",
        "[",
        "[1]",
        '[{"key": "incoming/a.jpg"}',
        '[{"key": "incoming/a.jpg"} {}]',
        '[{"key": "incoming/a.jpg"}] x',
        '[{"key": "' + "a" * 9 * MAX_LINE + '"}]',
        b"\x89PNG\r\n",
        '[{"a": ' + "[" * 9000,
    ],
)
def test_what_is_no_manifest_is_refused(text: str | bytes) -> None:
    with pytest.raises(InvalidRequest, match="manifest"):
        read(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sku,file\n1,a.jpg", "names the column 'sku'; allowed are image_url, key, sku_id"),
        ("key;sku_id\nincoming/a.jpg;1", "names the column 'key;sku_id'; allowed are image_url"),
        ("sku_id\n1", "must name the column image_url or the column key"),
        ("key,key\na,b", "names a column twice"),
        (b"\xff\xd8\xff\xe0", "must be CSV whose first line names its columns"),
    ],
)
def test_a_wrong_first_line_is_told_with_what_is_wrong_in_it(text: str | bytes, told: str) -> None:
    with pytest.raises(InvalidRequest, match=told):
        read(text)


def test_a_prefix_of_no_object_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="No object of the store has a key that begins so"):
        list(lines_of_keys(["incoming/folder/"]))


def test_where_addresses_or_keys_are_not_allowed() -> None:
    nowhere = remote_files(load_settings(_env_file=None))
    rules = SourceRules(check_key=RULES.check_key, remote=nowhere)
    key, address = read("\n".join(map(json.dumps, [KEY, ADDRESS])), rules)
    assert key.failure == "Objects of the store are not allowed here."
    assert "not fetched from addresses here" in str(address.failure)


def test_a_long_array_is_read_piece_by_piece() -> None:
    records = [{"key": f"incoming/{number:0200}.jpg"} for number in range(3000)]
    lines = read(json.dumps(records))
    assert [each.number for each in lines] == list(range(1, 3001))
    assert not any(each.failure for each in lines)


def test_no_more_keys_than_a_batch_may_have() -> None:
    with pytest.raises(InvalidRequest, match="at most 100,000 lines"):
        list(lines_of_keys(f"incoming/{number}" for number in range(MAX_LINES + 1)))


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8")))
def test_no_bytes_do_harm(content: bytes) -> None:
    try:
        lines = read(content)
    except InvalidRequest:
        return
    assert [each.number for each in lines] == list(range(1, len(lines) + 1))
    assert all(each.source or each.failure for each in lines)


SKUS = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=128)


@given(st.lists(SKUS, min_size=1))
def test_what_a_program_wrote_is_read_as_it_was(skus: list[str]) -> None:
    records = [{"key": "incoming/a.jpg", "sku_id": sku} for sku in skus]
    table = io.StringIO()
    writer = csv.DictWriter(table, ["key", "sku_id"])
    writer.writeheader()
    writer.writerows(records)
    for text in (table.getvalue(), json.dumps(records), "\n".join(map(json.dumps, records))):
        assert [each.sku_id for each in read(text)] == skus


def test_a_key_that_is_refused_is_still_shown_as_a_key() -> None:
    (line,) = read(json.dumps({"key": "../mug.jpg"}))
    assert line.failure
    assert line.source == "store:../mug.jpg"
