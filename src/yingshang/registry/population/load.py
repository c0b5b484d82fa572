"""Putting a generated population into the database: two COPY streams in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import connection, transaction

from yingshang import timekeeping
from yingshang.accounts import audit
from yingshang.accounts.models import AuditEntry, Unit
from yingshang.districts import District
from yingshang.registry.models import Business
from yingshang.registry.population import named
from yingshang.registry.population.generate import Population
from yingshang.registry.population.named import SYNTHETIC

#: Rows a COPY message carries; keeps memory flat.
CHUNK = 5_000
ACTION = "population.load"


class Refused(RuntimeError):
    """The register already holds another sample population, or the district's units are missing."""


@dataclass(frozen=True)
class Loaded:
    businesses: int
    facts: int


def held() -> dict[str, object] | None:
    """What the loaded sample population was made of (count, seed, digest), None where there is none."""
    entry = AuditEntry.objects.filter(action=ACTION).order_by("-id").first()
    if entry is None or not Business.objects.filter(synthetic=True).exists():
        return None
    return dict(entry.data)


@transaction.atomic
def load(district: District, population: Population, progress: Callable[[str], None] = lambda text: None) -> Loaded:
    """Load the named records and the population; all or nothing.

    Raises:
        Refused: a sample population is there already, or a unit of the population is not loaded.
    """
    if held() is not None:
        raise Refused("合成样本已载入;要换一份请用新的数据库 / a sample population is loaded already")
    units = {"": "\\N", **{u.code: str(u.pk) for u in Unit.objects.all()}}
    missing = {*population.streets, *population.platforms, *population.communities} - units.keys()
    if missing:
        listed = "、".join(sorted(missing)[:5])
        raise Refused(f"单位尚未载入:{listed};请先执行 load_district / run load_district first")
    records = named.install(district)
    ids = _new_ids(len(population))
    progress(f"写入经营主体 {len(population):,} 户 / businesses")
    now = timekeeping.now().isoformat()
    columns = (
        "id, uscc, name, name_key, kind, status, industry_code, leading_industry, street_id, platform_id, community_id,"
        " founded, address, capital, foreign_invested, name_en, synthetic, created_at"
    )
    _copy(f"COPY registry_business ({columns}) FROM STDIN", _business_lines(population, ids, units, now))
    total = sum(len(b.rows) for b in population.facts)
    progress(f"写入事实 {total:,} 条 / facts")
    columns = "business_id, key, period, value, source, recorded_at, recorded_by_id, reason, superseded_at"
    _copy(f"COPY registry_fact ({columns}) FROM STDIN", _fact_lines(population, ids, now))
    audit.record(
        None,
        ACTION,
        "district",
        district.id,
        count=len(population) + len(records),
        seed=population.plan.seed,
        digest=population.digest,
    )
    return Loaded(len(population) + len(records), total)


def _new_ids(n: int) -> list[int]:
    with connection.cursor() as c:
        c.execute("SELECT nextval(pg_get_serial_sequence('registry_business', 'id')) FROM generate_series(1, %s)", [n])
        return [row[0] for row in c.fetchall()]


def _copy(sql: str, lines: Iterator[str]) -> None:
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(sql) as copy:
        chunk: list[str] = []
        for line in lines:
            chunk.append(line)
            if len(chunk) == CHUNK:
                copy.write("".join(chunk))
                chunk.clear()
        copy.write("".join(chunk))


def _business_lines(p: Population, ids: list[int], units: dict[str, str], now: str) -> Iterator[str]:
    # Nothing generated contains a tab, a line break or a backslash, so the text format of COPY needs no escaping.
    for pk, row in zip(ids, p.rows(), strict=True):
        street, platform, community = (units[c] for c in row[7:10])
        placed = "\t".join((*row[:7], street, platform, community, *row[10:]))
        yield f"{pk}\t{placed}\t\tt\t{now}\n"


def _fact_lines(p: Population, ids: list[int], now: str) -> Iterator[str]:
    tail = f"\t{SYNTHETIC}\t{now}\t\\N\t\t\\N\n"
    for block in p.facts:
        middle = f"\t{block.key}\t{block.period}\t"
        for row, value in zip(block.rows.tolist(), block.values, strict=True):
            yield f"{ids[row]}{middle}{value}{tail}"
