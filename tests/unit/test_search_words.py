"""Which words a text has, and which searches find it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixellab.domain.search_words import MAX_WORD, MAX_WORDS, matches, searched_words, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("MUG-1", {"mug", "1"}),
        ("blue_mug (2).jpg", {"blue", "mug", "2", "jpg"}),
        ("Straße", {"strasse"}),
        ("袖 Ключ", {"袖", "ключ"}),
        ("Mütze größe", {"mutze", "grosse"}),
        ("Mutze_grosse_L.jpg", {"mutze", "grosse", "l", "jpg"}),
        ("--- %_", set()),
        ("x" * 200, {"x" * MAX_WORD}),
    ],
)
def test_words_are_runs_of_letters_and_digits(text: str, words: set[str]) -> None:
    assert words_of(text) == words


@given(name=st.text(max_size=40), sku_id=st.text(max_size=40), data=st.data())
def test_the_beginnings_of_any_of_its_words_find_a_text(
    name: str, sku_id: str, data: st.DataObject
) -> None:
    words = words_of(name, sku_id)
    chosen = (
        data.draw(st.lists(st.sampled_from(sorted(words)), max_size=MAX_WORDS)) if words else []
    )
    beginnings = [word[: data.draw(st.integers(1, len(word)))] for word in chosen]
    assert matches(searched_words(" ".join(beginnings)), words)
    assert all(word == word.casefold() and 1 <= len(word) <= MAX_WORD for word in words)


@given(st.text(max_size=200))
def test_a_search_has_few_words_and_the_longest_comes_first(text: str) -> None:
    words = searched_words(text)
    assert len(words) <= MAX_WORDS
    assert [len(word) for word in words] == sorted(map(len, words), reverse=True)
    assert {*words} <= words_of(text)
