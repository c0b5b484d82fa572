"""The command, streams from file to file, and what is said of wrong input."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from tests.decisions.columns.modelling import context, decision, document, literal, table
from yingshang import decisions
from yingshang.decisions import columns
from yingshang.decisions.cli import app
from yingshang.decisions.columns import running

MODEL = document(
    {"金额": "number", "类别": "string"},
    [
        decision(
            "档次",
            table(
                [("金额", "number"), ("类别", "string")],
                [([">= 100", '"甲"'], ['"高"']), (["-", "-"], ['"低"'])],
                "FIRST",
            ),
            ["金额", "类别"],
        ),
        decision("结果", context({"档": literal("档次"), "税": literal("金额 * 0.05")}), ["金额"], ["档次"]),
    ],
)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "m.dmn").write_bytes(MODEL)
    rows = pa.table({"id": range(5), "金额": [1, 100, None, 250, 99], "类别": ["甲", "甲", "甲", None, "乙"]})
    pq.write_table(rows, tmp_path / "in.parquet")
    return tmp_path


def _run(files: Path, *more: str) -> tuple[int, str]:
    arguments = ["run", str(files / "m.dmn"), "--in", str(files / "in.parquet"), "--out", str(files / "out.parquet")]
    result = CliRunner().invoke(app, [*arguments, *more])
    return result.exit_code, result.output


@pytest.mark.parametrize("engine", ["columnar", "python"])
def test_from_file_to_file(files: Path, engine: str) -> None:
    code, said = _run(files, "--decision", "结果", "--engine", engine, "--explain")
    assert (code, "5 rows" in said) == (0, True), said
    found = pq.read_table(files / "out.parquet")
    assert found.column_names == ["id", "档", "税", "档次.rule"]
    assert found.column("档").to_pylist() == ["低", "高", "低", "低", "低"]
    assert [str(v) for v in found.column("税").to_pylist()] == ["0.05", "5.00", "None", "12.50", "4.95"]
    assert found.column("档次.rule").to_pylist() == [2, 1, 2, 2, 2]


def test_near_misses_and_structs(files: Path) -> None:
    assert _run(files, "--decision", "结果", "--near-misses", "--struct")[0] == 0
    found = pq.read_table(files / "out.parquet")
    assert found.column_names == ["id", "结果", "档次.near"]
    assert found.column("档次.near").to_pylist() == [
        "1: 金额 >= 100",
        None,
        "1: 金额 >= 100",
        '1: 类别 "甲"',
        None,
    ]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--decision", "无"], "no decision '无'"),
        (["--decision", "结果", "--engine", "gpu"], "no engine 'gpu'"),
        (["--decision", "结果", "--id", "号"], "missing columns: 号"),
        (["--decision", "结果", "--engine", "python", "--near-misses"], "near misses"),
    ],
)
def test_wrong_options_are_told(files: Path, more: list[str], said: str) -> None:
    code, output = _run(files, *more)
    assert (code, said in output) == (1, True), output
    assert not (files / "out.parquet").exists()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (pa.table({"id": [1], "金额": [1]}), "missing columns: 类别; there are: id, 金额"),
        (pa.table({"id": [1], "金额": ["1"], "类别": ["甲"]}), "column 金额 has to be number and is string"),
        (
            pa.table({"id": [1], "金额": [True], "类别": [2]}),
            "column 金额 has to be number and is bool; column 类别 has to be",
        ),
    ],
)
def test_wrong_columns_are_told(rows: pa.Table, said: str) -> None:
    for engine in ("columnar", "python"):
        with pytest.raises(columns.ColumnsError) as error:
            columns.run(decisions.load(MODEL), "结果", rows, engine=engine)
        assert said in str(error.value)


def test_what_is_no_parquet_is_told(files: Path) -> None:
    (files / "in.parquet").write_text("no")
    code, output = _run(files, "--decision", "结果")
    assert (code, "is no Parquet file" in output) == (1, True), output


def test_a_table_without_rows(files: Path) -> None:
    empty = pq.read_table(files / "in.parquet").slice(0, 0)
    pq.write_table(empty, files / "in.parquet")
    assert _run(files, "--decision", "结果")[0] == 0
    assert pq.read_table(files / "out.parquet").num_rows == 0
    assert columns.run(decisions.load(MODEL), "结果", empty).table.num_rows == 0


def test_many_batches_come_in_order(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "BLOCK", 100)
    rows = pa.table(
        {"id": range(1234), "金额": [n % 200 for n in range(1234)], "类别": ["甲", "乙", None, "丙"] * 308 + ["甲"] * 2}
    )
    pq.write_table(rows, files / "in.parquet", row_group_size=333)
    seen: list[tuple[int, int | None]] = []
    report = columns.run_file(
        files / "m.dmn",
        "结果",
        files / "in.parquet",
        files / "out.parquet",
        progress=lambda done, total: seen.append((done, total)),
    )
    assert (report.rows, seen[-1]) == (1234, (1234, 1234))
    assert [d for d, _ in seen] == sorted(d for d, _ in seen)
    found = pq.read_table(files / "out.parquet")
    assert found.column("id").to_pylist() == list(range(1234))
    assert found.to_pylist() == columns.run(decisions.load(MODEL), "结果", rows, engine="python").table.to_pylist()


def test_an_error_half_way_leaves_no_file(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "BLOCK", 2)

    def stop(done: int, total: int | None) -> None:
        if done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        columns.run_file(files / "m.dmn", "结果", files / "in.parquet", files / "out.parquet", progress=stop)
    assert sorted(p.name for p in files.iterdir()) == ["in.parquet", "m.dmn"]


def test_batches_and_readers_will_do(files: Path) -> None:
    rows = pq.read_table(files / "in.parquet")
    model = decisions.load(MODEL)
    expected = columns.run(model, "结果", rows).table.to_pylist()

    def batches() -> Iterator[pa.RecordBatch]:
        yield from rows.to_batches(max_chunksize=2)

    assert columns.run(model, "结果", batches()).table.to_pylist() == expected
    assert columns.run(model, "结果", rows.to_reader(3)).table.to_pylist() == expected
    assert columns.run(model, "结果", files / "in.parquet").table.to_pylist() == expected
    with pytest.raises(decisions.DecisionError, match="a population is"):
        columns.run(model, "结果", 5)


def test_decimals_of_a_file_are_those_of_the_table(tmp_path: Path) -> None:
    cents = pa.array(
        [None if n % 5 == 0 else Decimal(n * 7 - 20_000).scaleb(-2) for n in range(5000)], pa.decimal128(12, 2)
    )
    rows = pa.table({"id": range(5000), "金额": cents, "类别": pa.array(["甲", None, "乙", "丙"] * 1250)})
    pq.write_table(rows, tmp_path / 'in "1".parquet', row_group_size=999)
    model = decisions.load(MODEL)
    expected = columns.run(model, "结果", rows).table
    found = columns.run(model, "结果", tmp_path / 'in "1".parquet').table
    assert found.to_pylist() == expected.to_pylist()
    columns.run_file(model, "结果", tmp_path / 'in "1".parquet', tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet").to_pylist() == expected.to_pylist()
