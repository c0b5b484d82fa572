"""The built-in functions of FEEL (DMN 1.5, 10.3.4), by name."""

from yingshang.decisions.feel.builtins import (
    contexts,
    conversion,
    lists,
    numbers,
    ranges,
    rangetexts,
    statistics,
    temporal,
    texts,
)
from yingshang.decisions.feel.builtins.registry import BUILTINS, Builtin

__all__ = ["BUILTINS", "Builtin"]

_MODULES = (contexts, conversion, lists, numbers, ranges, rangetexts, statistics, temporal, texts)
