"""The dashboard's page, as Streamlit runs it: ``page.py ADDRESS``, the API's address."""

from __future__ import annotations

import sys
from functools import partial
from importlib.resources import files

import streamlit as st

from pixellab.entrypoints.dashboard.batches.batches_page import batches_page
from pixellab.entrypoints.dashboard.connection import connect
from pixellab.entrypoints.dashboard.gallery.gallery_page import gallery_page
from pixellab.entrypoints.dashboard.uploading.upload_page import upload_page


def show(address: str) -> None:
    """Draw the whole page, once."""
    st.set_page_config(page_title="PixelLab", page_icon="📷", layout="wide")
    style = files("pixellab.entrypoints.dashboard").joinpath("assets", "page.css").read_text()
    st.html(f"<style>{style}</style>")
    api, able = connect(address)
    uploading = st.Page(
        partial(upload_page, api, able), title="Upload & Enhance", url_path="upload", default=True
    )
    gallery = st.Page(partial(gallery_page, api, able), title="📊 Dashboard", url_path="dashboard")
    batches = st.Page(partial(batches_page, api), title="Batches", url_path="batches")
    st.navigation([uploading, gallery, batches], position="top").run()


if __name__ == "__main__":
    show(sys.argv[1])
