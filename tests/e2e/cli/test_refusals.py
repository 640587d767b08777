"""What commands on the stores refuse, which leaves the stores as they were."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pixellab.domain.use_cases import Upload
from pixellab.entrypoints.answers import write_cursor
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.settings import load_settings
from tests.conftest import photo_bytes
from tests.e2e.cli.conftest import Ran
from tests.e2e.conftest import NewStores, variables

Cli = Callable[..., Ran]
UNKNOWN = "00000000-0000-4000-8000-000000000000"
CURSOR = write_cursor((datetime(2026, 1, 1, tzinfo=UTC), UNKNOWN))


@pytest.fixture(scope="module")
def one_image(new_stores: NewStores, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Variables that lead to stores with one image, whose sku_id is TAKEN."""
    settings = {"data_dir": tmp_path_factory.mktemp("data"), **new_stores()}
    photo = io.BytesIO(photo_bytes())
    with bootstrap(load_settings(_env_file=None, **settings)) as lab:
        lab.upload_and_enhance(Upload(content=photo, filename="taken.jpg", sku_id="TAKEN"))
    return variables(settings)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["upload", "gone.jpg"], 2, "gone.jpg: There is no such file."),
        (["upload", "photo.jpg", "text.jpg", "--sku-id", "X"], 2, "--sku-id is for one photo"),
        (["upload", "photo.jpg", "--sku-id", "TAKEN"], 5, "photo.jpg: "),
        (["upload", "photo.jpg", "--sku-id", ""], 2, "--sku-id must be"),
        (["upload", "text.jpg"], 6, "text.jpg: "),
        (["list", "--limit", "0"], 2, "limit is 0; allowed are 1 to 200"),
        (["list", "--limit", "201"], 2, "limit is 201; allowed are 1 to 200"),
        (["list", "--offset", "-1"], 2, "offset is -1"),
        (["list", "--cursor", "nonsense"], 2, "cursor is not one"),
        (["list", "--cursor", CURSOR, "--offset", "1"], 2, "--offset must be left out where"),
        (["list", "--offset", "1000000001"], 2, "offset is 1000000001; allowed are 0 to"),
        (["list", "--status", "lost"], 2, "--status is 'lost'; allowed are PENDING"),
        (["show", UNKNOWN], 4, ""),
        (["show", "../../etc/passwd"], 4, ""),
        (["history", UNKNOWN], 4, ""),
        *(
            ([command, "\udcff"], 4, "No image has this id, these first")
            for command in ("show", "history")
        ),
        (["delete", "\udcff", "--yes"], 4, "No image has this id, these first"),
        (["delete", UNKNOWN, "--yes"], 4, ""),
    ],
)
def test_refusals(
    one_image: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
    cli: Cli,
    photo: Path,
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    for variable, value in one_image.items():
        monkeypatch.setenv(variable, value)
    Path("text.jpg").write_text("not a photo")
    ran = cli(*arguments)
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
    assert "Traceback" not in ran.err
    assert cli("list", "--json").answer["total"] == 1
    as_json = cli(*arguments, "--json")
    assert (as_json.code, as_json.out) == (code, "")
    [problem] = as_json.problems
    assert problem["detail"] in ran.err
