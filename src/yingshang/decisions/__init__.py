"""FEEL and DMN: read, evaluate, explain. A library of its own, without Django.

>>> from yingshang import decisions
>>> decisions.feel.evaluate("if 研发占比 >= 3 then \\"达标\\" else \\"差一点\\"", {"研发占比": 2.7})
'差一点'
"""

from yingshang.decisions import feel
from yingshang.decisions.errors import DecisionError, EvaluationError, ModelError, ParseError
from yingshang.decisions.model import Model
from yingshang.decisions.nodes import Decision
from yingshang.decisions.reading import load
from yingshang.decisions.table import Table
from yingshang.decisions.trace import Trace

__all__ = [
    "Decision",
    "DecisionError",
    "EvaluationError",
    "Model",
    "ModelError",
    "ParseError",
    "Table",
    "Trace",
    "feel",
    "load",
]
