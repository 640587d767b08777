"""Commands on the embedded stores: the whole life of an image."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from pixellab.domain.requests import Mode, Task
from pixellab.entrypoints.answers import (
    HistoryAnswer,
    ImageAnswer,
    ImageListAnswer,
    ReplayAnswer,
    UploadAnswer,
)
from pixellab.entrypoints.bootstrap import bootstrap
from tests.conftest import noise_bytes, photo_bytes
from tests.e2e.cli.conftest import Ran, script
from tests.e2e.conftest import embedded_only, servers_only

Cli = Callable[..., Ran]
pytestmark = pytest.mark.usefixtures("installation")


def test_an_image_from_upload_to_deletion(cli: Cli, photo: Path) -> None:
    ran = cli("upload", "photo.jpg", "--sku-id", "MUG-1", "--target-kb", "500", "--json")
    assert ran.code == 0, ran.err
    uploaded = UploadAnswer.model_validate(ran.answer)
    assert ran.answer == uploaded.model_dump(mode="json", by_alias=True)
    assert (uploaded.sku_id, uploaded.status, uploaded.target_met) == ("MUG-1", "COMPLETED", True)

    listed = ImageListAnswer.model_validate(cli("list", "--json").answer)
    shown = ImageAnswer.model_validate(cli("show", uploaded.image_id, "--json").answer)
    assert listed.images == [shown]
    assert (listed.total, listed.limit, listed.offset, listed.next_cursor) == (1, 50, 0, None)
    assert (shown.image_url, shown.enhanced_image_url) == (
        uploaded.original_url,
        uploaded.enhanced_url,
    )
    history = HistoryAnswer.model_validate(cli("history", uploaded.image_id, "--json").answer)
    [first] = history.enhancements
    assert (first.enhancement_sequence, first.processing_status) == (1, "completed")
    assert first.enhanced_https_url == uploaded.enhanced_url

    deleted = cli("delete", uploaded.image_id, "--yes", "--json")
    assert (deleted.code, deleted.out) == (0, "")
    assert cli("show", uploaded.image_id).code == 4
    with bootstrap() as lab:
        assert list(lab.store.keys()) == []


def test_people_get_tables(cli: Cli, photo: Path) -> None:
    ran = cli("upload", "photo.jpg")
    assert ran.code == 0, ran.err
    assert ran.err == ""
    [image] = cli("list", "--json").answer["images"]
    for url in (image["image_url"], image["enhanced_image_url"]):
        assert url in ran.out
    for command in (["list"], ["show", image["id"]], ["history", image["id"]]):
        shown = cli(*command)
        assert (shown.code, shown.err) == (0, "")
        assert image["id"] in shown.out
    saved = image["size_reduction_percent"]
    assert f"{abs(saved)}% {'fewer' if saved >= 0 else 'more'} bytes" in shown.out
    assert cli("delete", image["id"], "-y").out == f"Deleted {image['id']}.\n"


@embedded_only
def test_the_log_is_there_for_whoever_asks_for_it(
    cli: Cli, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXELLAB_LOG_LEVEL", "info")
    assert "[UPLOAD] File received: photo.jpg, size: " in cli("upload", "photo.jpg").err
    monkeypatch.delenv("PIXELLAB_LOG_LEVEL")
    assert "[UPLOAD] File received: photo.jpg, size: " in cli("upload", "photo.jpg", "--json").err


@servers_only
def test_standard_output_is_pure_json_while_the_log_goes_elsewhere(photo: Path) -> None:
    ran = script("upload", "photo.jpg", "gone.jpg", "--json")
    assert ran.code == 1
    UploadAnswer.model_validate(ran.answer)
    assert [each["instance"] for each in ran.problems] == ["gone.jpg"]


def test_pages_by_cursor_offset_and_status(cli: Cli, tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.jpg").write_bytes(photo_bytes(64, 48, seed=number))
    assert cli("upload", "0.jpg", "1.jpg", "2.jpg").code == 0
    names = [each["original_filename"] for each in cli("list", "--json").answer["images"]]
    assert names == ["2.jpg", "1.jpg", "0.jpg"]
    page = cli("list", "--limit", "2", "--json").answer
    assert [each["original_filename"] for each in page["images"]] == names[:2]
    rest = cli("list", "--limit", "2", "--cursor", page["next_cursor"], "--json").answer
    assert [each["original_filename"] for each in rest["images"]] == names[2:]
    skipped = cli("list", "--offset", "1", "--json").answer
    assert [each["original_filename"] for each in skipped["images"]] == names[1:]
    assert cli("list", "--status", "completed", "--json").answer["total"] == 3
    assert cli("list", "--status", "FAILED", "--json").answer["images"] == []
    assert f"more with --cursor {page['next_cursor']}" in cli("list", "--limit", "2").out


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (("--mode", "optimize"), ["1.jpg"]),
        (("--mode", "AUTO", "--status", "Completed", "--backend", "local"), ["0.jpg"]),
        (("--q", "SKU-B"), ["1.jpg"]),
        (("--q", "sku"), ["1.jpg", "0.jpg"]),
        (("--from", "2020-01-01", "--to", "2020-02-01"), []),
        (("--from", "2020-01-01T00:00:00Z"), ["1.jpg", "0.jpg"]),
    ],
)
def test_lists_what_is_asked_for(
    cli: Cli, tmp_path: Path, options: tuple[str, ...], found: list[str]
) -> None:
    for number, sku, mode in ((0, "sku-a", "AUTO"), (1, "sku-b", "OPTIMIZE")):
        (tmp_path / f"{number}.jpg").write_bytes(photo_bytes(64, 48, seed=number))
        cli("upload", f"{number}.jpg", "--sku-id", sku, "--mode", mode)
    answer = cli("list", *options, "--json").answer
    assert [each["original_filename"] for each in answer["images"]] == found
    assert (answer["total"], answer["total_is_exact"]) == (len(found), True)
    assert f"{len(found)} of {len(found)}" in cli("list", *options).out


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (("--mode", "pretty"), "mode"),
        (("--from", "yesterday"), "from"),
        (("--to", "2026-01-01T00:00"), "to"),
        (("--q", "%"), "q"),
        (("--status", "done"), "status"),
    ],
)
def test_a_wrong_filter_is_refused(cli: Cli, options: tuple[str, ...], field: str) -> None:
    ran = cli("list", *options, "--json")
    assert (ran.code, ran.problems[0]["errors"][0]["field"]) == (2, field)


def test_a_repeated_upload_with_its_key_gives_the_first_answer(cli: Cli, photo: Path) -> None:
    first, again = (
        cli("upload", "photo.jpg", "--idempotency-key", "k1", "--json").answer for _ in range(2)
    )
    assert first == again
    other = cli("upload", "photo.jpg", "--idempotency-key", "k1", "--mode", "SHARPEN")
    assert other.code == 5


@embedded_only
def test_deleting_asks_and_needs_yes_where_nobody_can_answer(cli: Cli, photo: Path) -> None:
    image_id = cli("upload", "photo.jpg", "--json").answer["image_id"]
    ran = script("delete", image_id, stdin=-3)
    assert ran.code == 2
    assert "add --yes" in ran.err
    assert cli("show", image_id).code == 0


def test_ids_are_taken_in_any_letter_case(cli: Cli, photo: Path) -> None:
    image_id = cli("upload", "photo.jpg", "--json").answer["image_id"]
    assert cli("show", image_id.upper(), "--json").answer["id"] == image_id
    assert cli("history", image_id.upper(), "--json").answer["image_id"] == image_id
    assert cli("delete", image_id.upper(), "--yes").out == f"Deleted {image_id}.\n"


def test_an_image_is_known_by_its_digits_and_its_sku_id(cli: Cli, photo: Path) -> None:
    image_id = cli("upload", "photo.jpg", "--sku-id", "Mug 1/blue", "--json").answer["image_id"]
    digits = image_id[:8]
    for name in (image_id, digits, digits.upper(), "Mug 1/blue"):
        assert cli("show", name, "--json").answer["id"] == image_id
        assert cli("history", name, "--json").answer["image_id"] == image_id
    for unknown in ("mug 1/blue", digits[:7], "", "x" * 129, f"{image_id}0"):
        ran = cli("show", unknown)
        assert (ran.code, len(ran.err.splitlines())) == (4, 1)
        assert "or this sku_id" in ran.err
    other = cli("upload", "photo.jpg", "--sku-id", digits, "--json").answer["image_id"]
    ran = cli("delete", digits, "--yes")
    assert (ran.code, ran.out) == (2, "")
    assert "could be any of 2 images; give the whole id." in ran.err
    assert cli("delete", other, "--yes").code == 0
    assert cli("delete", "Mug 1/blue", "--yes").out == f"Deleted {image_id}.\n"


@embedded_only
def test_an_id_that_is_not_utf8() -> None:
    ran = script("show", b"\xff")
    assert (ran.code, ran.out) == (4, "")
    assert (
        ran.err == "pixellab: No image has this id, these first 8 digits of it, or this sku_id.\n"
    )


@pytest.mark.parametrize("size", [(1, 1), (100_000, 1)])
def test_the_smallest_photo_and_the_thinnest(cli: Cli, size: tuple[int, int]) -> None:
    Path("odd.png").write_bytes(noise_bytes(*size))
    uploaded = cli("upload", "odd.png", "--format", "PNG", "--json").answer
    assert (uploaded["original_width"], uploaded["original_height"]) == size
    assert (uploaded["enhanced_width"], uploaded["enhanced_height"]) == size
    assert cli("enhance", "odd.png", "-o", "better.jpg").code == 0
    assert cli("assess", "odd.png").code == 0


def test_a_result_is_made_again_and_an_earlier_one_made_current(cli: Cli, photo: Path) -> None:
    image_id = cli("upload", "photo.jpg", "--json").answer["image_id"]
    ran = cli("replay", image_id[:8], "--json")
    answer = ReplayAnswer.model_validate(ran.answer)
    assert (ran.code, answer.same, answer.enhancement_sequence) == (0, True, 1)
    told = cli("replay", image_id, "1")
    assert (told.code, told.err) == (0, "")
    assert "comes out the same, byte by byte" in told.out
    with bootstrap() as lab:
        lab.enhance_again(image_id, Task(mode=Mode.STANDARDIZE))
    reverted = ImageAnswer.model_validate(cli("revert", image_id, "1", "--json").answer)
    assert reverted.enhancement_mode == "AUTO"
    assert reverted.enhanced_image_url
    assert reverted.enhanced_image_url in cli("revert", image_id, "1").out
    assert cli("revert", image_id, "3").code == 4


def test_a_result_that_comes_out_otherwise_says_so(cli: Cli, photo: Path) -> None:
    image_id = cli("upload", "photo.jpg", "--json").answer["image_id"]
    with bootstrap() as lab:
        original = lab.get_image(image_id).original
        lab.store.delete(original.key)
        other = io.BytesIO(photo_bytes(seed=5))
        lab.store.put(original.key, other, media_type="image/jpeg", filename="photo.jpg")
    ran = cli("replay", image_id)
    assert ran.code == 1
    assert "comes out otherwise" in ran.out
    assert "The stored original is not the file that was uploaded." in ran.out
