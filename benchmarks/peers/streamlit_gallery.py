"""A gallery as one writes it with Streamlit's own elements: columns, and the pictures themselves.

Run by Streamlit: ``streamlit run streamlit_gallery.py -- ADDRESS``, the API's address.
"""

from __future__ import annotations

import sys

import requests
import streamlit as st

A_PAGE, COLUMNS = 24, 4

st.set_page_config(layout="wide")
page = st.session_state.setdefault("page", 0)
images = requests.get(
    f"{sys.argv[1]}/api/v1/images",
    params={"limit": A_PAGE, "offset": page * A_PAGE, "status": "COMPLETED"},
    timeout=30,
).json()["images"]
columns = st.columns(COLUMNS)
for number, image in enumerate(images):
    with columns[number % COLUMNS]:
        content = requests.get(image["enhanced_image_url"], timeout=30).content
        st.image(content, caption=image["original_filename"])


def _next() -> None:
    st.session_state["page"] += 1


st.button("Next page", on_click=_next)
