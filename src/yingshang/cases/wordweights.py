"""How much a word tells about the unit a demand is for: nothing (0), as "we" and "arrange" do, up to everything (1).

Closed cases show it: a word that comes with all units alike takes nothing away of the question which unit it is. Duties
name most words once, "arrange" like "transformer"; there the word's place in the language at large has to do, as the
dictionary that cuts the texts has counted it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import log
from typing import Any

import jieba
import numpy as np

#: A word seen in as few cases as this is half believed.
BELIEVED = 10
#: From this often in a million words on a word belongs to no subject; up to ten times rarer it does wholly.
COMMON, RARE = 100.0, 10.0


def told_by_cases(words: Any, units: Sequence[str]) -> np.ndarray:
    """What each word tells, from closed cases.

    Args:
        words: matrix of cases by words (sparse), not 0 where the word stands in the case.
        units: the unit that answered each case.

    Returns:
        For each word the part of the uncertainty about the unit that it takes away, between 0 and 1.
    """
    from scipy.sparse import csr_matrix

    known, of = np.unique(units, return_inverse=True)
    of_unit = csr_matrix((np.ones(len(of)), (of, np.arange(len(of)))), shape=(len(known), len(of)))
    together = (of_unit @ (words > 0).astype(float)).toarray()
    usual = np.bincount(of) / len(of)
    seen = together.sum(axis=0)
    given = (together + BELIEVED * usual[:, None]) / (seen + BELIEVED)
    gained = (given * np.log(given / usual[:, None])).sum(axis=0)
    uncertain = -float((usual * np.log(usual)).sum())
    return np.clip(gained / uncertain, 0, 1) if uncertain > 0 else np.ones(words.shape[1])


def told_by_language(words: Iterable[str]) -> np.ndarray:
    """What each word tells by how rare it is in the language."""
    return np.array([told(word) for word in words])


@lru_cache(maxsize=20_000)
def told(word: str) -> float:
    """What one word tells by how rare it is in the language; a word that the dictionary does not have tells all."""
    jieba.initialize()
    often = 1e6 * (jieba.dt.FREQ.get(word) or 0) / jieba.dt.total
    return 1.0 if often <= RARE else max(0.0, log(COMMON / often) / log(COMMON / RARE))
