"""Settings that need a package which is not installed."""

from __future__ import annotations

import re
import sys
from importlib.abc import MetaPathFinder
from typing import Any

import pytest

from pixellab.domain.errors import Misconfigured
from pixellab.domain.requests import Task
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.settings import load_settings

MYSQL = {"mysql_host": "db", "mysql_database": "shop", "mysql_user": "pixellab"}


@pytest.mark.parametrize(
    ("module", "settings", "words"),
    [
        (
            "botocore",
            {"s3_bucket": "photos"},
            "in the folder of PixelLab's source: pip install '.[s3]'",
        ),
        (
            "boto3",
            {"bedrock_region": "us-east-1"},
            "in the folder of PixelLab's source: pip install '.[bedrock]'",
        ),
        ("pymysql", MYSQL, "in the folder of PixelLab's source: pip install '.[mysql]'"),
    ],
)
def test_a_driver_that_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, module: str, settings: dict[str, Any], words: str
) -> None:
    forgotten = (f"{module}.", "pixellab.adapters.object_stores.s3.")
    for name in [each for each in sys.modules if f"{each}.".startswith(forgotten)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Hidden(module), *sys.meta_path])
    with (
        pytest.raises(Misconfigured, match=re.escape(words)),
        bootstrap(load_settings(_env_file=None, **settings)) as lab,
    ):
        lab.open_stores()


def test_a_backend_whose_sdk_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    forgotten = ("google.", "pixellab.adapters.enhancers.gemini.")
    for name in [each for each in sys.modules if f"{each}.".startswith(forgotten)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Hidden("google"), *sys.meta_path])
    with bootstrap(load_settings(_env_file=None, gemini_api_key="correct-horse-battery")) as lab:
        with pytest.raises(Misconfigured, match=r"pip install '\.\[gemini\]'"):
            lab.enhancers.get("GEMINI", Task())
        assert any("[gemini]" in each.found for each in lab.enhancers.diagnose())
        assert lab.enhancers.get("LOCAL", Task()).name == "LOCAL"


class Hidden(MetaPathFinder):
    """Makes one package as good as not installed."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname.split(".")[0] == self._name:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=self._name)
