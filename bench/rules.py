"""Runs of rules over the population, against the bare columnar evaluation of the same rules.

Two sets of rules: those of the district that are in force about businesses, and fifty, the district's and made-up ones
over the same facts, as many as a district has that has filled in what the source leaves open.

*Bare* is ``columns.run`` of every rule over the columns that it reads, in memory, with the rule that decided and near
misses, models compiled before, results thrown away. *Full* is a run as a night has it, from stored facts to stored results:
the register is asked for changes, the vocabulary's columns are made from the snapshot, which is kept up with the register
change by change, every rule is evaluated, compared with what was stored, written with its digest, and its figures put into
the database. *From the register* gathers every row of the register besides. A *delta* is the same for a thousand businesses
that changed, from the rows of the register to stored results; so it is held against the full run that begins there, too,
and told against the one from the snapshot.

Ten times the businesses are ten copies of each in the snapshot, with ids of their own. What reads the register is measured
with a tenth of the businesses and with all.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.core.management import call_command
from django.db import connection

from bench import ground
from tests.rules.documents import model_of
from yingshang.decisions import columns
from yingshang.rules import deltas, figures, files, publishing, runs, snapshot
from yingshang.rules.engines import engine
from yingshang.rules.models import RuleVersion
from yingshang.rules.simulation import simulate
from yingshang.rules.vocabulary import vocabulary
from yingshang.rules.wide import sources

ON = date(2023, 4, 26)
CHANGED = 1_000
FIFTY = 50
SLIDES = 3


def measure(rounds: int) -> Iterator[dict[str, Any]]:
    """The figures of the population that is there, with the district's rules and with fifty."""
    runs.run(ON, anew=True)
    for more in (0, FIFTY):
        _invent(more)
        yield from _measured(rounds)


def _measured(rounds: int) -> Iterator[dict[str, Any]]:
    runs.run(ON)
    versions = runs.in_force(ON)
    names = {name for v in versions for name in engine(v).inputs}
    population = snapshot.of_all(ON, names)
    bare = _best(3 * rounds, lambda: _bare(versions, population))
    full = _best(3 * rounds, lambda: runs.run(ON))
    told = {"businesses": population.num_rows, "rules": len(versions)}
    yield {
        "figure": "full run", "ratio": round(full / bare, 2), "target": "at most 3", "met": full <= 3 * bare, **told,
        "bare_s": round(bare, 3), "full_s": round(full, 3),
    }  # fmt: skip
    register = _best(2, lambda: runs.run(ON, anew=True))
    fact = _most_read(versions)
    delta = statistics.median(_delta(n, fact) for n in range(3 * rounds))
    yield {
        "figure": "1,000 changed businesses", "ratio": round(delta / register, 4), "target": "below 0.02",
        "met": delta < 0.02 * register, **told, "fact": fact, "delta_s": round(delta, 4), "from_the_register_s": round(register, 3),
        "against_the_snapshot": round(delta / full, 4),
    }  # fmt: skip
    slow = max(_slides(versions))
    yield {
        "figure": "simulation after a slider moved", "ratio": round(slow, 3), "target": "at most 1 s", "met": slow <= 1,
        **told,
    }  # fmt: skip


def growth(large: int, rounds: int) -> Iterator[dict[str, Any]]:
    """A full run with ten times the businesses: from the register, and from the snapshot."""
    seconds = []
    for count in (large // 10, large):
        _fill(count)
        runs.run(ON)
        seconds.append(_best(rounds, lambda: runs.run(ON, anew=True)))
    yield _grown("ten times the businesses, from the register", [large // 10, large], seconds)
    seconds = [_best(rounds, lambda: runs.run(ON))]
    _copy(10)
    runs.run(ON)
    seconds.append(_best(rounds, lambda: runs.run(ON)))
    yield _grown("ten times the businesses", [large, snapshot.raw().num_rows], seconds)


def _grown(figure: str, businesses: list[int], seconds: list[float]) -> dict[str, Any]:
    return {
        "figure": figure, "ratio": round(seconds[1] / seconds[0], 2), "target": "at most 11",
        "met": seconds[1] <= 11 * seconds[0], "businesses": businesses, "full_s": [round(s, 3) for s in seconds],
    }  # fmt: skip


def _copy(times: int) -> None:
    """So many copies of each business in the snapshot, the first one as it is."""
    one = snapshot.raw()
    first, last = (int(pc.min_max(one["id"])[side].as_py()) for side in ("min", "max"))
    copies = [
        one.set_column(one.column_names.index("id"), "id", pc.add(one["id"], n * (last - first + 1)))
        for n in range(times)
    ]
    whole = pa.concat_tables(copies).unify_dictionaries().combine_chunks()
    held = snapshot.manifest()
    assert held is not None
    files.write_manifest(files.Manifest(files.write("base", whole), whole.num_rows, (), held.keys))


def _fill(businesses: int) -> None:
    ground.empty("registry_business", "rules_change", "rules_populationrun", "accounts_auditchain")
    shutil.rmtree(snapshot.folder().parent, ignore_errors=True)
    call_command("load_district", verbosity=0)
    call_command("load_scenarios", verbosity=0)
    call_command("load_policies", verbosity=0)
    with open(os.devnull, "w") as nowhere:
        call_command("population", "--count", str(businesses), "--no-cover", stdout=nowhere)


def _invent(rules: int) -> None:
    """Make rules up to that number: tiers by taxes, revenue or spending on research, for some kinds of firms."""
    rng = random.Random(7)
    for n in range(len(runs.in_force(ON)), rules):
        fact, step = rng.choice([("纳税额", 100_000), ("营业收入", 2_000_000), ("研发费用", 50_000)])
        low = step * rng.randrange(1, 20)
        who = [rng.choice(["-", '"企业"']), rng.choice(["-", "true"]), rng.choice(["-", ">= 3", "[1..10)"]),
               rng.choice(["-", '"下沙街道", "白杨街道"', 'not("新湾街道")'])]  # fmt: skip
        inputs = {
            "主体类型": "string",
            "国家高新技术企业": "boolean",
            "成立年数": "number",
            "街道": "string",
            fact: "number",
        }
        tiers = [([*who, f">= {low * factor}"], str(10_000 * factor)) for factor in (9, 3, 1)]
        rule = publishing.make_model(f"bench.r{n:02}", title=f"样例 {n}")
        publishing.install(rule, model_of(inputs, tiers), date(2023, 1, 1))


def _best(rounds: int, act: Callable[[], object]) -> float:
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def _bare(versions: list[RuleVersion], population: Any) -> None:
    for version in versions:
        ready = engine(version)
        columns.run(ready.threefold, ready.decision, population, explain=True, near_misses=True).table.num_rows  # noqa: B018


def _most_read(versions: list[RuleVersion]) -> str:
    """The recorded number that most rules read."""
    words = vocabulary()
    numbers = {e.key for e in words.values() if e.type == "number" and not e.column and e.computed is None}
    read = Counter(key for v in versions for key in _facts_of(v) & numbers)
    return max(sorted(read), key=lambda key: read[key])


def _facts_of(version: RuleVersion) -> set[str]:
    return {key for name in engine(version).inputs for key in sources(vocabulary(), name)}


def _delta(seed: int, fact: str) -> float:
    """Correct one fact of a thousand businesses, then measure how long it takes to know what follows."""
    rng = random.Random(seed)
    ids = rng.sample(snapshot.raw()["id"].to_pylist(), CHANGED)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE registry_fact SET superseded_at = now() + interval '1 year' WHERE business_id = ANY(%s)"
            " AND key = %s AND period = '2022' AND superseded_at IS NULL",
            [ids, fact],
        )
        cursor.execute(
            "INSERT INTO registry_fact (business_id, key, period, value, source, recorded_at, reason)"
            " SELECT id, %s, '2022', to_jsonb((id %% 5000000)::text), 'bench', now(), '' FROM unnest(%s) id",
            [fact, ids],
        )
    began = time.perf_counter()
    run = deltas.recompute(on=ON)
    seconds = time.perf_counter() - began
    if run is None or run.businesses != CHANGED:
        raise RuntimeError("the changes were not noticed")
    return seconds


def _slides(versions: list[RuleVersion]) -> Iterator[float]:
    """Every rule with a number moved, as when an official drags a slider: against the version in force."""
    for version in versions:
        movable = [s for s in figures.sliders(version.xml) if s.value is not None]
        for n in range(SLIDES):
            values = {s.id: s.value * Decimal(100 + n) / 100 for s in movable[:1] if s.value is not None}
            began = time.perf_counter()
            simulate(version, ON, against=publishing.version_on(version.model, ON), sliders=values)
            yield time.perf_counter() - began
