"""FEEL and DMN: read, evaluate. A library of its own, without Django.

>>> from yingshang import decisions
>>> decisions.feel.evaluate("if 研发占比 >= 3 then \\"达标\\" else \\"差一点\\"", {"研发占比": 2.7})
'差一点'
"""

from yingshang.decisions.basic import feel
from yingshang.decisions.basic.errors import DecisionError, EvaluationError, ModelError, ParseError
from yingshang.decisions.basic.model import Decision, Model, load

__all__ = ["Decision", "DecisionError", "EvaluationError", "Model", "ModelError", "ParseError", "feel", "load"]
