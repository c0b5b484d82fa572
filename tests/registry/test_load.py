"""Loading the sample: what is in the database equals what was generated, once, all or nothing."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.db.models import Count, Q
from pytest_django import Settings
from stdnum.cn import uscc

from yingshang.accounts.models import AuditEntry, Unit
from yingshang.districts import District
from yingshang.registry import facts
from yingshang.registry.models import Business, Fact, ServiceAssignment
from yingshang.registry.population import load, named, plan
from yingshang.registry.population.generate import Population, generate
from yingshang.registry.population.named import NamedRecords

pytestmark = pytest.mark.django_db
COUNT = 1_500


@pytest.fixture(scope="module")
def sample(qiantang: District, records: NamedRecords) -> Population:
    return generate(plan.load(qiantang, count=COUNT), records)


def run(*args: str) -> str:
    out = StringIO()
    call_command("population", *args, stdout=out)
    return out.getvalue()


@pytest.fixture
def units() -> None:
    call_command("load_district", stdout=StringIO())


def test_the_command_loads_covers_and_says_so(units: None) -> None:
    text = run(f"--count={COUNT}")
    assert f"{COUNT:,} 户" in text and "未覆盖 0 户" in text
    assert Business.objects.count() == Business.objects.filter(synthetic=True).count() == COUNT
    assert all(uscc.is_valid(code) for code in Business.objects.values_list("uscc", flat=True))
    held = Business.objects.annotate(n=Count("service_assignments", filter=Q(service_assignments__until__isnull=True)))
    assert set(held.filter(status="active").values_list("n", flat=True)) == {1}
    assert set(held.exclude(status="active").values_list("n", flat=True)) <= {0}


def test_the_database_holds_what_was_generated(units: None, qiantang: District, sample: Population) -> None:
    done = load.load(qiantang, sample)
    assert done.facts == sum(len(b.rows) for b in sample.facts)
    rows = {row[0]: row for row in sample.rows()}
    fields = ("uscc", "name", "name_key", "kind", "status", "industry_code", "leading_industry", "street__code",
              "platform__code", "community__code", "founded", "address", "capital", "foreign_invested")  # fmt: skip
    generated = Business.objects.filter(uscc__in=rows).values_list(*fields)
    assert generated.count() == len(rows)
    for row in generated:
        told = rows[row[0]]
        plain = [v or "" for v in row[:10]] + [row[10].isoformat(), row[11], str(row[12]), "t" if row[13] else "f"]
        assert plain == list(told)
    first = str(sample.uscc[0])
    view = facts.facts_of(Business.objects.get(uscc=first))
    expected = {
        (b.key, b.period): v for b in sample.facts for row, v in zip(b.rows.tolist(), b.values, strict=True) if row == 0
    }
    import json

    assert {(k, p): f.value for k in view for p, f in view[k].items()} == {
        k: json.loads(v) for k, v in expected.items()
    }
    assert set(Fact.objects.exclude(business__name__in=[r.name for r in named.read(qiantang).records]).values_list(
        "source", flat=True).distinct()) == {"合成"}  # fmt: skip


def test_a_second_run_says_it_is_there_and_another_sample_is_refused(units: None) -> None:
    run(f"--count={COUNT}")
    assert "已在库" in run(f"--count={COUNT}")
    with pytest.raises(CommandError, match="另一份"):
        run(f"--count={COUNT}", "--seed=5")
    assert AuditEntry.objects.filter(action=load.ACTION).count() == 1
    assert Business.objects.count() == COUNT


def test_without_units_it_says_what_to_do_first() -> None:
    with pytest.raises(CommandError, match="load_district"):
        run(f"--count={COUNT}")
    assert not Business.objects.exists()


def test_a_failure_half_way_leaves_nothing(units: None, qiantang: District, sample: Population) -> None:
    broken = [*sample.facts, sample.facts[0]]  # the same facts twice break “one current value”
    held = sample.facts
    sample.__dict__["facts"] = broken
    try:
        with pytest.raises(IntegrityError):
            load.load(qiantang, sample)
    finally:
        sample.__dict__["facts"] = held
    assert not Business.objects.exists() and not Fact.objects.exists()


def test_production_has_no_synthetic_businesses(units: None, settings: Settings) -> None:
    settings.MODE = "production"
    with pytest.raises(CommandError, match="生产环境"):
        run(f"--count={COUNT}")


def test_named_records_are_loaded_once_with_what_is_told(units: None, qiantang: District) -> None:
    first = named.install(qiantang)
    second = named.install(qiantang)
    assert {k: b.pk for k, b in first.items()} == {k: b.pk for k, b in second.items()}
    plaza = first["baolong"]
    assert plaza.synthetic and plaza.street == Unit.objects.get(code="street.yipeng")
    view = facts.facts_of(plaza)
    assert set(view) == {"told", "assumed"}
    assert facts.facts_of(first["dongjiang"]).value("srdi_tier") == "province"


def test_report_prints_the_table_and_writes_nothing() -> None:
    text = run("--report")
    assert "| 3,553.00 |" in text
    assert not Business.objects.exists()


def test_sorting_by_the_stored_key_is_sorting_by_pinyin(units: None) -> None:
    run(f"--count={COUNT}", "--no-cover")
    assert not ServiceAssignment.objects.exists()
    names = list(Business.objects.order_by("name_key", "id").values_list("name_key", flat=True))
    assert names == sorted(names)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM registry_business WHERE name ILIKE '%%餐饮%%'")
        assert cursor.fetchone()[0] > 0
