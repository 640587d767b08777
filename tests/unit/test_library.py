"""PixelLab embedded in a program, on the embedded stores."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pixellab import Library, open_pixellab
from pixellab.adapters.imaging.decode.declared_colours import GAIN_MAP
from pixellab.domain.errors import InvalidRequest, Misconfigured, StoreUnavailable, UnknownImage
from pixellab.domain.images import Status
from pixellab.domain.requests import Mode
from tests.adapters.enhancers.local.scenes import product_scene
from tests.conftest import photo_bytes, scene
from tests.gain_maps import apple_heic, ultra_hdr


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Library]:
    with open_pixellab(data_dir=tmp_path / "data") as opened:
        yield opened


def test_an_image_from_upload_to_deletion(lab: Library, tmp_path: Path) -> None:
    path = tmp_path / "mug.jpg"
    path.write_bytes(photo_bytes())
    image = lab.upload(path, sku_id="MUG", mode="optimize").image
    assert (image.filename, image.status) == ("mug.jpg", Status.COMPLETED)
    assert lab.read(image.original) == photo_bytes()
    again = lab.enhance_again(image.id, mode="SHARPEN", output_format="webp")
    assert [each.id for each in lab.history(image.id)][1] == again.enhancement.id
    lab.delete(image.id)
    with pytest.raises(UnknownImage):
        lab.image(image.id)
    assert lab.reconcile().deleted == 0


@pytest.mark.parametrize("form", ["path", "text", "bytes", "file"])
def test_a_photo_may_come_in_several_forms(lab: Library, tmp_path: Path, form: str) -> None:
    path = tmp_path / "mug.jpg"
    path.write_bytes(photo_bytes())
    forms: dict[str, Any] = {
        "path": path,
        "text": str(path),
        "bytes": photo_bytes(),
        "file": io.BytesIO(photo_bytes()),
    }
    assert lab.enhance(forms[form]).encoded.width == 96
    assert lab.images().total == 0


def test_a_result_says_how_faithful_it_is_and_what_is_in_doubt(lab: Library) -> None:
    pixels = product_scene()
    kept = lab.upload(pixels, mode="OPTIMIZE", output_format="PNG").enhancement
    assert (kept.faithfulness, lab.image(kept.image_id).faithfulness) == (100, 100)
    assert kept.quality_metadata["faithful_detail"] == 100
    turned = lab.enhance(scene(320, 240), mode="LIGHT_CORRECTION", white_at="0.5,0.5")
    assert turned.faithfulness.score < 50
    assert any("colours changed" in each for each in turned.warnings)


def test_a_gain_map_that_was_dropped_is_told(lab: Library) -> None:
    assert GAIN_MAP in lab.enhance(ultra_hdr(scene(240, 180))).warnings
    assert GAIN_MAP in lab.upload(apple_heic(scene(240, 180))).enhancement.warnings


def test_images_and_arrays_are_photos(lab: Library) -> None:
    pixels = product_scene()
    grey, clear = pixels[..., 0], np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    asked: dict[str, Any] = {"mode": "OPTIMIZE", "output_format": "PNG"}
    for photo in (pixels, clear, Image.fromarray(pixels), pixels[:, ::-1][:, ::-1]):
        assert np.array_equal(lab.enhance(photo, **asked).pixels[..., :3], pixels)
    assert np.array_equal(lab.enhance(grey, **asked).pixels, np.dstack([grey] * 3))
    for mode in ("CMYK", "HSV", "P", "1", "I;16"):
        assert lab.enhance(Image.new(mode, (20, 10)), **asked).pixels.shape[:2] == (10, 20)
    sideways = Image.new("RGB", (20, 10))
    sideways.getexif()[0x0112] = 6
    assert lab.enhance(sideways, **asked).pixels.shape == (20, 10, 3)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4, 3)),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros(4, np.uint8),
        np.zeros((4, 4, 3, 1), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_an_array_that_is_no_picture(lab: Library, array: Any) -> None:
    with pytest.raises(InvalidRequest, match="The array "):
        lab.enhance(array)


def test_what_was_made_comes_in_several_forms(lab: Library, tmp_path: Path) -> None:
    made = lab.enhance(photo_bytes(), mode="SHARPEN")
    made.save(tmp_path / "better.jpeg")
    assert (tmp_path / "better.jpeg").read_bytes() == made.data == made.encoded.data
    assert (made.image.format, made.image.size) == ("JPEG", (96, 72))
    assert np.array_equal(made.pixels, np.asarray(made.image))
    kept = lab.upload(photo_bytes(), mode="SHARPEN")
    kept.save(str(tmp_path / "kept.jpg"))
    assert (tmp_path / "kept.jpg").read_bytes() == kept.data == made.data
    assert lab.enhance_again(kept.image.id, mode="SHARPEN").data == made.data
    for name in ("better.png", "better"):
        with pytest.raises(InvalidRequest, match="but the file is JPEG"):
            made.save(tmp_path / name)
        assert not (tmp_path / name).exists()


def test_pages_follow_each_other_by_next_after(lab: Library) -> None:
    ids = [lab.upload(photo_bytes(seed=seed)).image.id for seed in range(3)]
    first = lab.images(limit=2)
    assert [each.id for each in first.images] == [ids[2], ids[1]]
    second = lab.images(limit=2, after=first.next_after)
    assert [each.id for each in second.images] == [ids[0]]
    assert second.next_after is None


def test_images_are_found_and_summed_up(lab: Library) -> None:
    for sku, mode in (("MUG-1", Mode.OPTIMIZE), ("MUG-2", Mode.SHARPEN)):
        lab.upload(photo_bytes(), sku_id=sku, mode=mode)
    assert [each.sku_id for each in lab.images(mode=Mode.SHARPEN).images] == ["MUG-2"]
    assert [each.sku_id for each in lab.images(search="mug 1").images] == ["MUG-1"]
    assert lab.images(backend="LOCAL").total == 2
    now = lab.images().images[0].created_at
    assert lab.images(before=now).total == lab.images(since=now).total == 1
    assert lab.statistics().total.tally.completed == 2
    with pytest.raises(InvalidRequest, match="allowed are 1 to 366"):
        lab.statistics(367)


@pytest.mark.parametrize("wrong", [7, None, io.StringIO("text"), [1, 2]])
def test_what_is_no_photo_is_refused_with_what_is(lab: Library, wrong: Any) -> None:
    for call in (lab.enhance, lab.upload, lab.dry_run):
        with pytest.raises(InvalidRequest, match="is no photo; allowed are a path, an address"):
            call(wrong)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"target_size_kb": "small"}, "target_size_kb is 'small'; allowed are 50 to 2000"),
        ({"target_size_kb": 99.5}, "target_size_kb is 99.5; allowed are 50 to 2000"),
        ({"width": "wide"}, "width is 'wide'; allowed are 16 to 8000"),
        ({"sku_id": 7}, "sku_id must be 1 to 128 printable characters"),
        ({"idempotency_key": 7}, "idempotency_key must be 1 to 255 printable characters of ASCII"),
        ({"idempotency_key": "cl\xe9"}, "idempotency_key must be 1 to 255 printable"),
    ],
)
def test_values_of_another_kind_are_refused(lab: Library, wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidRequest, match=told):
        lab.upload(photo_bytes(), **wrong)
    assert lab.images().total == 0


def test_names_of_filters_are_taken_in_any_letter_case_and_checked(lab: Library) -> None:
    lab.upload(photo_bytes())
    assert lab.images(status="completed", mode="auto").total == 1
    with pytest.raises(InvalidRequest, match="status is 'done'; allowed are PENDING"):
        lab.images(status="done")
    with pytest.raises(InvalidRequest, match="mode is 'shine'; allowed are AUTO"):
        lab.images(mode="shine")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"limit": 0}, "limit"), ({"limit": 201}, "limit"), ({"offset": -1}, "offset")],
)
def test_a_page_out_of_range_is_refused(lab: Library, wrong: dict[str, int], field: str) -> None:
    with pytest.raises(InvalidRequest, match=f"{field} is .*; allowed are") as refused:
        lab.images(**wrong)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_a_page_starts_after_an_image_or_at_an_offset(lab: Library) -> None:
    lab.upload(photo_bytes())
    last = lab.images(limit=1).images[0]
    with pytest.raises(InvalidRequest, match=r"offset .* cursor") as refused:
        lab.images(after=(last.created_at, last.id), offset=1)
    assert refused.value.field == "offset"


def test_ids_are_taken_in_any_letter_case_and_nonsense_is_unknown(lab: Library) -> None:
    image_id = lab.upload(photo_bytes()).image.id
    assert lab.image(image_id.upper()).id == image_id
    assert len(lab.history(image_id.upper())) == 1
    ask: tuple[Callable[[str], object], ...] = (lab.image, lab.history, lab.delete)
    for call in (*ask, lab.enhance_again):
        for nonsense in ("", "\udcff", f"{{{image_id}}}"):
            with pytest.raises(UnknownImage):
                call(nonsense)
    lab.delete(image_id.upper())
    assert lab.images().total == 0


def test_a_misspelt_setting_is_refused() -> None:
    with pytest.raises(Misconfigured, match="no setting 'datadir'"), open_pixellab(datadir="x"):
        pytest.fail("it opened")


def test_a_data_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "what? 100% #1 ü"
    for total in (1, 2):
        with open_pixellab(data_dir=folder) as lab:
            lab.upload(photo_bytes())
            assert lab.images().total == total
    assert {each.name for each in folder.iterdir()} >= {"objects", "pixellab.sqlite3"}
    assert [each.name for each in tmp_path.iterdir()] == [folder.name]


def test_enhancing_makes_no_store(tmp_path: Path) -> None:
    with open_pixellab(data_dir=tmp_path / "data") as lab:
        assert lab.enhance(photo_bytes()).encoded.width == 96
    assert list(tmp_path.iterdir()) == []


def test_stores_are_opened_once_however_many_threads_use_them_first(tmp_path: Path) -> None:
    together = Barrier(8)

    def first_use(lab: Library) -> tuple[int, int, int]:
        together.wait()
        return id(lab.lab.store), id(lab.lab.repository), lab.images().total

    with open_pixellab(data_dir=tmp_path / "data") as lab, ThreadPoolExecutor(8) as pool:
        used = set(pool.map(first_use, [lab] * 8))
    assert len(used) == 1


def test_a_store_that_could_not_be_opened_is_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.touch()
    with open_pixellab(data_dir=folder) as lab:
        for use in (lab.images, lambda: lab.upload(photo_bytes()), lab.reconcile):
            with pytest.raises(StoreUnavailable, match=r"set PIXELLAB_DATA_DIR to one that can be"):
                use()
        assert lab.enhance(photo_bytes()).encoded.width == 96
        folder.unlink()
        assert lab.upload(photo_bytes()).image.status is Status.COMPLETED
        assert lab.images().total == 1


def _jpeg(pixels: NDArray[np.uint8], **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=93, **options)
    return file.getvalue()


def test_a_photo_that_nothing_is_wrong_with_comes_back_byte_for_byte(lab: Library) -> None:
    bare = _jpeg(product_scene())
    result = lab.enhance(bare)
    assert result.encoded.data == bare
    assert result.encoded.encodes == 0
    assert result.before == result.after
    stored = lab.upload(bare).image.enhanced
    assert stored is not None
    assert lab.read(stored) == bare


@pytest.mark.parametrize(
    ("output", "options"),
    [("AVIF", {"quality": 15}), ("WEBP", {"quality": 5}), ("JPEG", {"quality": 20})],
)
def test_optimize_never_gives_more_bytes_than_came_in(
    lab: Library, output: str, options: dict[str, Any]
) -> None:
    file = io.BytesIO()
    Image.fromarray(product_scene()).save(file, output, **options)
    result = lab.enhance(file.getvalue(), mode="OPTIMIZE", output_format=output)
    assert result.encoded.size_bytes <= len(file.getvalue())


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        pytest.param({}, {"output_format": "PNG"}, id="another format"),
        pytest.param({}, {"mode": "OPTIMIZE"}, id="fewer bytes asked for"),
        pytest.param({"comment": b"at home"}, {}, id="something to drop"),
    ],
)
def test_what_cannot_stay_as_it_came_is_written_anew(
    lab: Library, options: dict[str, object], asked: dict[str, Any]
) -> None:
    photo = _jpeg(product_scene(), **options)
    result = lab.enhance(photo, **asked)
    assert result.encoded.data != photo
    assert result.encoded.encodes > 0
