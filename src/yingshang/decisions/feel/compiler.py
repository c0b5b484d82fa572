"""Trees to Python closures.

A closure takes a *frame*: a list of the variables from outside (a mapping), the budget of steps, the value under test
(``?``), and one place for each variable that the expression itself introduces. Names are resolved once, here; only the
entries of a filtered item are looked up when the filter runs, for they depend on the data.
"""

from __future__ import annotations

from yingshang.decisions.feel.looping import Looping
from yingshang.decisions.feel.operating import Operating


class Compiler(Operating, Looping):
    """Compiles one expression: a method for each kind of node.

    Attributes:
        size: places that a frame needs.
        free: names that come from outside.
    """
