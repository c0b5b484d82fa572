"""Rows to decide on, in Parquet: by chance and the same every time, written once and repeated for the large sizes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench import decisions_model as model

ROW_GROUP = 1_000_000


def rows(count: int, seed: int = 2017) -> pa.Table:
    """Inputs of the model: half of the numbers spread over their range, half on or beside a threshold's step."""
    dice = np.random.default_rng(seed)
    columns: dict[str, pa.Array] = {"id": pa.array(np.arange(count, dtype=np.int64))}
    for name in model.NUMBERS:
        low, high = model.RANGES[name]
        step = model.STEPS[name]
        units = dice.integers(int(low / step), int(high / step), count)
        columns[name] = pa.array(units.astype(np.int32)) if step == 1 else _decimals(units, step)
    codes = dice.integers(0, len(model.INDUSTRIES), count).astype(np.int32)
    columns[model.TEXT] = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(model.INDUSTRIES)).cast(pa.string())
    return pa.table(columns)


def _decimals(units: np.ndarray, step: Decimal) -> pa.Array:
    """``units * step`` as DECIMAL(18, 2), exactly."""
    hundredths = units.astype(np.int64) * int(step * 100)
    words = np.empty((len(hundredths), 2), np.int64)
    words[:, 0], words[:, 1] = hundredths, hundredths >> 63
    return pa.Array.from_buffers(pa.decimal128(18, 2), len(hundredths), [None, pa.py_buffer(words)])


def write(table: pa.Table, path: Path, count: int) -> Path:
    """The rows, again and again under new ids, until there are ``count``; a row group each time."""
    schema = table.schema
    with pq.ParquetWriter(path, schema, compression="snappy") as writer:
        done = 0
        while done < count:
            part = table.slice(0, min(table.num_rows, count - done))
            ids = pa.array(np.arange(done, done + part.num_rows, dtype=np.int64))
            writer.write_table(part.set_column(0, "id", ids), row_group_size=ROW_GROUP)
            done += part.num_rows
    return path


#: Codes of GB/T 4754-2017 to four digits, a sample of each section, and how common it is among enterprises (a guess).
CODES = {
    "A0111": 4, "A0412": 2, "B0610": 0.5, "C1310": 6, "C2614": 3, "C3311": 5, "C3990": 3, "D4411": 0.5, "E4710": 5, "E5011": 3,
    "F5111": 12, "F5199": 8, "F5211": 12, "F5299": 8, "G5411": 3, "G5910": 0.3, "G5920": 0.5, "G5311": 0.1, "G6010": 0.4,
    "H6110": 1, "H6210": 3, "I6311": 0.3, "I6420": 1, "I6510": 5, "J6610": 0.5, "K7010": 1.5, "K7020": 1, "K7030": 1, "L7211": 7,
    "L7299": 4, "M7310": 4, "N7610": 0.5, "O8010": 2, "P8310": 1, "Q8411": 0.5, "Q8510": 0.3, "R8610": 1.5, "S9121": 0.5,
    "C26": 0.5, "F51": 0.5, "K70": 0.1,
}  # fmt: skip


def businesses(count: int, seed: int = 180) -> pa.Table:
    """Synthetic businesses for the size classes: skewed as businesses are, one figure in fifty missing."""
    dice = np.random.default_rng(seed)
    names = list(CODES)
    weights = np.array(list(CODES.values()), float)
    codes = dice.choice(len(names), count, p=weights / weights.sum()).astype(np.int32)
    persons = np.minimum(np.exp(dice.normal(1.6, 1.5, count)), 300_000).astype(np.int32)
    income = np.minimum(np.exp(dice.normal(5.2, 2.2, count)), 1e8)
    assets = np.minimum(np.exp(dice.normal(5.0, 2.4, count)), 1e8)
    return pa.table(
        {
            "id": pa.array(np.arange(count, dtype=np.int64)),
            "行业代码": pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(names)).cast(pa.string()),
            "从业人员": _with_gaps(pa.array(persons), dice),
            "营业收入": _with_gaps(_decimals((income * 100).astype(np.int64), Decimal("0.01")), dice),
            "资产总额": _with_gaps(_decimals((assets * 100).astype(np.int64), Decimal("0.01")), dice),
        }
    )


def _with_gaps(values: pa.Array, dice: np.random.Generator) -> pa.Array:
    known = dice.random(len(values)) >= 0.02
    bitmap = pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.Array.from_buffers(values.type, len(values), [bitmap, values.buffers()[1]])
