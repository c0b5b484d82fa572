"""Synthetic unified social credit codes: valid in form (GB 32100-2015, GB 11714-1997) and never issued.

18 characters: registration department (9, market regulation), category (1 enterprise, 2 individual business), six
digits of division, a nine-character organisation code with its own check character, and the check digit. Issued
organisation codes begin with a digit or ``M``; ours begin with ``Y``, so no synthetic code is a real firm's code.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_SYMBOLS = np.frombuffer(ALPHABET.encode(), dtype="S1")
_WEIGHTS = np.array([1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28], dtype=np.int64)
_ORG_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
#: Organisation codes count letters as 10–35, without leaving any out; this maps our 31 symbols to that.
_ORG_VALUES = np.array(["0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".index(c) for c in ALPHABET], dtype=np.int64)
_ORG_CHECK = np.array([ALPHABET.index(c) for c in "0123456789X"], dtype=np.int64)
#: A unit of the multiplicative group modulo 31**6: walks all serials in an order that does not look like one.
_STRIDE, _SPACE = 514_229, 31**6


def synthetic(
    serials: npt.NDArray[np.int64], individual: npt.NDArray[np.bool_], division: str, *, series: str = "YH"
) -> npt.NDArray[np.str_]:
    """Return a code for each serial; different serials below 31**6 of one ``series`` give different codes.

    Args:
        serials: running numbers, from 0.
        individual: category of each (False enterprise, True individual business).
        division: six digits of GB/T 2260.
        series: the first two characters of the organisation code.
    """
    n = len(serials)
    mixed = (serials * _STRIDE + 7_919) % _SPACE
    body = np.empty((n, 17), dtype=np.int64)
    body[:, 0] = 9
    body[:, 1] = np.where(individual, 2, 1)
    body[:, 2:8] = [int(c) for c in division]
    body[:, 8:10] = [ALPHABET.index(c) for c in series]
    for column in range(15, 9, -1):
        mixed, body[:, column] = np.divmod(mixed, 31)
    organisation = (11 - _ORG_VALUES[body[:, 8:16]] @ _ORG_WEIGHTS % 11) % 11
    body[:, 16] = _ORG_CHECK[organisation]
    check = (31 - body @ _WEIGHTS % 31) % 31
    symbols = _SYMBOLS[np.concatenate([body, check[:, None]], axis=1)]
    return symbols.reshape(n, 18).view("S18").ravel().astype("U18")
