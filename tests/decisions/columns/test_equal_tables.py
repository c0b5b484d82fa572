"""Tables of every hit policy over columns of every kind: equal to the scalar engine on every row."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.decisions.columns.equality import same
from tests.decisions.columns.modelling import decision, document, table
from tests.decisions.columns.strategies import KINDS, cell, column
from yingshang import decisions
from yingshang.decisions import columns

POLICIES = [("UNIQUE", ""), ("ANY", ""), ("FIRST", ""), ("PRIORITY", ""), ("RULE ORDER", ""), ("OUTPUT ORDER", ""),
            ("COLLECT", ""), ("COLLECT", "SUM"), ("COLLECT", "MIN"), ("COLLECT", "MAX"), ("COLLECT", "COUNT")]  # fmt: skip
RESULTS = ("1", "2.50", "2.5", "0", "-3", "1E+3", "null")
SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def tables(draw: st.DrawFn, policy: str, aggregation: str, kinds: list[str]) -> tuple[bytes, pa.Table]:
    """A model of one table, and rows for it."""
    rows = draw(st.integers(1, 12))
    names = [f"x{n}" for n in range(len(kinds))]
    data = {name: draw(column(KINDS[kind], rows)) for name, kind in zip(names, kinds, strict=True)}
    feel = [KINDS[k].feel for k in kinds]
    same_type = [tuple(o for m, o in enumerate(names) if m != n and feel[m] == feel[n]) for n in range(len(names))]
    result = st.sampled_from(RESULTS)
    rules = [
        ([draw(cell(KINDS[k], same_type[n])) for n, k in enumerate(kinds)], [draw(result)])
        for _ in range(draw(st.integers(1, 5)))
    ]
    typed = draw(st.booleans())
    logic = table(
        [(n, f if typed else "") for n, f in zip(names, feel, strict=True)],
        rules,
        policy,
        aggregation,
        [("", "number" if draw(st.booleans()) else "")],
        ["2.5, 1, -3, 0"] if "ORDER" in policy or policy == "PRIORITY" else [],
        [draw(result)] if draw(st.booleans()) else [],
        [draw(cell(KINDS[kinds[0]]))] if draw(st.integers(0, 5)) == 0 else [],
    )
    model = document(
        dict(zip(names, feel if typed else [""] * len(feel), strict=True)), [decision("out", logic, names)]
    )
    return model, pa.table({"id": pa.array(range(rows)), **data})


@pytest.mark.parametrize(("policy", "aggregation"), POLICIES)
@given(data=st.data())
@settings(SETTINGS, max_examples=25)
def test_every_policy(policy: str, aggregation: str, data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=3))
    model, rows = data.draw(tables(policy, aggregation, kinds))
    same(model, "out", rows, explain=data.draw(st.booleans()))


@pytest.mark.parametrize("kind", sorted(KINDS))
@given(data=st.data())
@settings(SETTINGS, max_examples=20)
def test_every_kind_of_column(kind: str, data: st.DataObject) -> None:
    model, rows = data.draw(tables("FIRST", "", [kind, kind]))
    same(model, "out", rows)


@given(data=st.data())
@settings(SETTINGS, max_examples=25)
def test_jobs_that_share_the_reading_of_a_batch_say_what_they_say_alone(data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=2))
    made = [data.draw(tables("FIRST", "", kinds)) for _ in range(2)]
    rows = made[0][1]
    batches = [b for size in (3, 2) for b in rows.to_batches(max_chunksize=size)]
    options = columns.Options(explain=True)
    alone, together = (
        [columns.Job(decisions.load(model), "out", rows.schema, options) for model, _ in made] for _ in range(2)
    )
    shared = columns.Shared()
    for batch in batches:
        for one, other in zip(alone, together, strict=True):
            assert other.process(batch, shared).to_pylist() == one.process(batch).to_pylist()
