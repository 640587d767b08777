"""The words by which images are found."""

from __future__ import annotations

import re

from pixellab.domain.letters import without_accents

MAX_WORD = 64
"""Characters of a word that are looked at; longer ones are cut."""
MAX_WORDS = 8
"""Words of a search that are looked at."""

_WORD = re.compile(r"[^\W_]+")


def words_of(*texts: str) -> frozenset[str]:
    """The runs of letters and digits in the texts, without regard to case and accents.

    ``MUG-1`` and ``blue_mug.jpg`` together have ``mug``, ``1``, ``blue`` and ``jpg``.
    """
    found = (word for text in texts for word in _WORD.findall(_plain(text)))
    return frozenset(word[:MAX_WORD] for word in found)


def _plain(text: str) -> str:
    # Again, since a letter without its accent may have another lower case.
    return without_accents(text.casefold()).casefold()


def searched_words(search: str) -> tuple[str, ...]:
    """The words of a search, the longest first, which are the rarest as a rule."""
    return tuple(sorted(words_of(search), key=lambda word: (-len(word), word))[:MAX_WORDS])


def matches(searched: tuple[str, ...], words: frozenset[str]) -> bool:
    """Whether each word that is searched begins one of the words."""
    return all(any(word.startswith(each) for word in words) for each in searched)
