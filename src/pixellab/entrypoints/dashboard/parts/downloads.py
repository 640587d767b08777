"""The files that a visitor takes away, under names of their own."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st
from attrs import frozen

from pixellab.entrypoints.dashboard.http_api import HttpApi
from pixellab.entrypoints.dashboard.parts.request_form import ANY_MARKETPLACE

LONGEST_SUFFIX = 40
NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')
"""What Windows, macOS or Linux do not have in a file's name."""


@frozen
class Download:
    """A file to take away: what it is called, and where it is."""

    name: str
    url: str


def suffix_field(usual: str, key: str) -> str:
    """Ask what to add to files' names, and suggest ``usual``."""
    return st.text_input(
        "Added to each file's name",
        usual,
        live=True,
        max_chars=LONGEST_SUFFIX,
        help=f"mug.png is downloaded as mug{usual}.jpg, for example.",
        key=f"{key}{usual}",
        width=220,
    )


def zip_button(api: HttpApi, label: str, files: Sequence[Download], suffix: str) -> None:
    """Offer the ``files`` as one archive."""
    st.download_button(
        label,
        partial(zip_of, api, files),
        f"pixellab{suffix}.zip",
        "application/zip",
        on_click="ignore",
        disabled=not files,
        help="One file of each photo: the latest result, unless you chose another.",
    )


def usual_suffix(requests: Iterable[Mapping[str, Any]]) -> str:
    """What names end in where nobody says: the marketplace, if all were made for the same."""
    profiles = {fields.get("profile") or ANY_MARKETPLACE for fields in requests}
    if len(profiles) == 1 and ANY_MARKETPLACE not in profiles:
        return f"-{profiles.pop()}"
    return "-enhanced"


def download_of(original: str, url: str, suffix: str) -> Download:
    """The file at ``url``, called as the ``original`` with ``suffix`` before the extension."""
    stem, _, _ = original.rpartition(".")
    extension = url.split("?")[0].rpartition(".")[2]
    name = NOT_IN_NAMES.sub("_", f"{stem or original}{suffix}")
    return Download(f"{name}.{extension}", url)


def zip_of(api: HttpApi, files: Iterable[Download]) -> bytes:
    """The ``files`` in one archive; those of one name are numbered."""
    packed, taken = io.BytesIO(), set[str]()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for file in files:
            name = _free_name(file.name, taken)
            taken.add(name.lower())
            archive.writestr(name, api.file(file.url))
    return packed.getvalue()


def _free_name(name: str, taken: set[str]) -> str:
    stem, _, extension = name.rpartition(".")
    free, number = name, 2
    while free.lower() in taken:
        free, number = f"{stem}-{number}.{extension}", number + 1
    return free
