"""The same over a local Spark session. It takes pyspark (a development dependency) and Java 17 or later."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from tests.decisions.columns.modelling import context, decision, document, literal, table
from yingshang.decisions import columns
from yingshang.decisions.columns import spark
from yingshang.decisions.errors import DecisionError

MODEL = document(
    {"amount": "number", "kind": "string"},
    [
        decision(
            "rate",
            table(
                [("amount", "number"), ("kind", "string")],
                [(["< 100", '"a"'], ["0.05"]), (["-", "-"], ["0.1"])],
                "FIRST",
            ),
            ["amount", "kind"],
        ),
        decision("out", context({"rate": literal("rate"), "due": literal("amount * rate")}), ["amount"], ["rate"]),
    ],
)


@pytest.fixture(scope="module")
def _spark() -> Iterator[None]:
    opened = spark.session()
    yield
    opened.stop()


@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning", "ignore::UserWarning"
)
@pytest.mark.usefixtures("_spark")
def test_spark_gives_what_columns_give(tmp_path: Path) -> None:
    model = tmp_path / "model.dmn"
    model.write_bytes(MODEL)
    rows = pa.table(
        {
            "id": pa.array(range(40)),
            "amount": pa.array([None if n % 7 == 0 else Decimal(n) * 5 for n in range(40)], pa.decimal128(12, 2)),
            "kind": pa.array(["a", "b", None, "a"] * 10),
        }
    )
    pq.write_table(rows, tmp_path / "in.parquet")
    report = columns.run_file(
        model, "out", tmp_path / "in.parquet", tmp_path / "out.parquet", engine="spark", explain=True
    )
    assert report.rows == 40
    found = pq.read_table(tmp_path / "out.parquet").sort_by("id")
    expected = columns.run(model, "out", rows, explain=True).table
    assert found.column_names == expected.column_names
    assert found.to_pylist() == expected.to_pylist()


def test_spark_says_what_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(SparkSession, "getActiveSession", lambda: None)
    with pytest.raises(DecisionError, match="Java 17"):
        spark.session()
