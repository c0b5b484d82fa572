"""A decision over a whole population held in Arrow, equal to the scalar engine on every row.

>>> import pyarrow as pa
>>> from yingshang.decisions import columns
>>> people = pa.table({"id": [1, 2], "营业收入": [120, 45000]})
>>> columns.run("size_class.dmn", "企业规模", people).table  # doctest: +SKIP

Tables are evaluated by bit masks (:mod:`.masks`, :mod:`.kernel`), arithmetic by exact integers, or by bounds with the
scalar engine behind them (:mod:`.numbers`); whatever is neither goes through the scalar engine, once for every distinct
row of what it reads, and the report says which and why.
"""

from yingshang.decisions.columns.job import ColumnsError, Job, Options, Shared
from yingshang.decisions.columns.report import Report
from yingshang.decisions.columns.running import ENGINES, Result, run, run_file

__all__ = ["ENGINES", "ColumnsError", "Job", "Options", "Report", "Result", "Shared", "run", "run_file"]
