"""Sorting keys of Chinese names: the database carries no ICU, so pages sort by stored pinyin."""

from __future__ import annotations

from functools import lru_cache

from pypinyin import lazy_pinyin

#: Length of ``Business.name_key``.
KEY_LENGTH = 240


@lru_cache(maxsize=20_000)
def name_key(name: str) -> str:
    """Return the pinyin of ``name``, syllables parted by a space, lower case: ``杭州`` → ``hang zhou``.

    Anything that is not Chinese stays as it is (``3M中国`` → ``3m zhong guo``).
    """
    return " ".join(part.strip() for part in lazy_pinyin(name) if part.strip()).lower()[:KEY_LENGTH]
