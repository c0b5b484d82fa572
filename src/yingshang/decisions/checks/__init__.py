"""Checks of decision models: what is wrong with a table, found without running it.

>>> from yingshang.decisions import checks, load
>>> model = load("src/yingshang/decisions/models/size_class.dmn")
>>> [finding.zh for finding in checks.check(model)]
[]

Found are gaps, overlaps that the hit policy forbids, rules that can never fire, cells and results of the wrong type or
beyond the allowed values, and names that stand for nothing. Each finding names the table, the rules and the input, in
Chinese and English, with values that show it. What cannot be judged is said to be so.
"""

from yingshang.decisions.checks.checking import check, check_table, coverage
from yingshang.decisions.checks.findings import Finding

__all__ = ["Finding", "check", "check_table", "coverage"]
