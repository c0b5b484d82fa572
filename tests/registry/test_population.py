"""The generated sample: deterministic, calibrated to what was published, sound in every row."""

import json
import re
import shutil
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from yingshang import districts
from yingshang.districts import BadDistrict, District
from yingshang.registry.facts import PERIOD
from yingshang.registry.names import name_key
from yingshang.registry.population import measures, named, plan
from yingshang.registry.population.generate import COLUMNS, Population, generate
from yingshang.registry.population.named import NamedRecords

README = Path(measures.__file__).with_name("README.md")
MONEY = ("revenue", "tax_paid", "output", "rd_expense", "export_value", "assets")


def column(population: Population, name: str) -> list[str]:
    at = COLUMNS.index(name)
    return [row[at] for row in population.rows()]


def values(population: Population, key: str, period: str) -> dict[int, object]:
    block = next(b for b in population.facts if (b.key, b.period) == (key, period))
    return {row: json.loads(v) for row, v in zip(block.rows.tolist(), block.values, strict=True)}


@pytest.fixture(scope="module")
def figures(qiantang: District, population: Population, records: NamedRecords) -> list[measures.Figure]:
    return measures.measure(qiantang, population, records)


def test_every_published_figure_is_met(figures: list[measures.Figure]) -> None:
    assert [f"{f.zh}: {f.value}, {f.printed}" for f in figures if not f.agrees] == []
    assert len(figures) >= 25


def test_the_table_in_the_readme_is_the_generated_one(figures: list[measures.Figure]) -> None:
    assert measures.table(figures) in README.read_text("utf-8")


def test_the_same_seed_gives_the_same_bytes(qiantang: District, population: Population, records: NamedRecords) -> None:
    again = generate(plan.load(qiantang), records)
    assert again.digest == population.digest


def test_another_seed_gives_others_that_agree_as_well(
    qiantang: District, population: Population, records: NamedRecords
) -> None:
    other = generate(plan.load(qiantang, seed=7), records)
    assert other.digest != population.digest
    assert [f.zh for f in measures.measure(qiantang, other, records) if not f.agrees] == []


def test_names_and_codes_are_unique_and_no_real_firm_is_named(population: Population, records: NamedRecords) -> None:
    names = column(population, "name")
    everything = names + [r.name for r in records.records]
    assert len(set(everything)) == len(everything) == 120_000
    assert len(set(column(population, "uscc")) | {r.uscc for r in records.records}) == 120_000
    real = re.compile("|".join(records.reserved))
    assert [n for n in names if real.search(n)] == []


def test_sorting_keys_are_the_pinyin_of_the_names(population: Population) -> None:
    names, keys = column(population, "name"), column(population, "name_key")
    for at in range(0, len(names), 997):
        # A character's reading may depend on its neighbours; a key differs in at most one syllable for it.
        expected, got = name_key(names[at]).split(), keys[at].split()
        assert len(expected) == len(got)
        assert sum(a != b for a, b in zip(expected, got, strict=True)) <= 1, names[at]


def test_industry_codes_are_of_the_national_table(population: Population) -> None:
    codes = Counter(column(population, "industry_code"))
    known = {i.code for rows in plan.industries().values() for i in rows}
    assert set(codes) <= known
    assert all(re.fullmatch(r"[A-T]\d{4}", c) for c in known)
    sections = {"A": "01-05", "C": "13-43", "E": "47-50", "F": "51-52", "G": "53-60", "H": "61-62", "I": "63-65",
                "K": "70-70", "L": "71-72", "M": "73-75", "N": "76-79", "O": "80-82", "P": "83-83", "Q": "84-85",
                "R": "86-90"}  # fmt: skip
    for code in known:
        low, high = sections[code[0]].split("-")
        assert low <= code[1:3] <= high, code


def test_every_business_is_where_units_exist(population: Population, qiantang: District) -> None:
    kinds = {u.code: (u.kind, u.parent) for u in qiantang.units}
    for street, platform, community in zip(
        population.streets, population.platforms, population.communities, strict=True
    ):
        assert kinds[street][0] == "street"
        assert not platform or kinds[platform][0] == "platform"
        assert kinds[community] == ("community", street)


def test_dates_lie_between_the_founding_of_the_zone_and_the_day_of_the_figures(population: Population) -> None:
    founded = population.layout.founded
    assert founded.min() >= np.datetime64(date(1993, 4, 4))
    assert founded.max() <= np.datetime64(date(2023, 4, 18))
    assert not np.isnat(founded).any()


@pytest.mark.parametrize("period", ["2021", "2022"])
def test_nobody_has_accounts_before_being_founded(population: Population, period: str) -> None:
    founded = population.layout.founded.astype("datetime64[Y]").astype(int) + 1970
    for key in ("revenue", "employees", "tax_paid"):
        assert max(founded[row] for row in values(population, key, period)) <= int(period)


def test_money_is_a_string_of_yuan_and_nothing_is_a_float(population: Population) -> None:
    for block in population.facts:
        assert PERIOD.fullmatch(block.period)
        assert len(block.rows) == len(block.values) == len(set(block.rows.tolist()))
        for text in block.values[::101]:
            value = json.loads(text)
            assert not isinstance(value, float)
            if block.key in MONEY:
                assert isinstance(value, str) and re.fullmatch(r"\d+\.00", value), (block.key, value)


def test_industrial_firms_are_above_scale_exactly_from_20_million_yuan(population: Population) -> None:
    revenue = values(population, "revenue", "2022")
    above = values(population, "above_scale", "2022")
    industrial = population.layout.industrial
    for row, value in revenue.items():
        if industrial[row] and row in above:
            assert above[row] is (Decimal(str(value)) >= 20_000_000), row


def test_output_is_held_by_industrial_firms_above_scale_only(population: Population) -> None:
    rows = np.array(list(values(population, "output", "2022")))
    assert (population.layout.above & population.layout.industrial)[rows].all()


def test_research_spending_is_its_share_of_revenue(population: Population) -> None:
    revenue, share = values(population, "revenue", "2022"), values(population, "rd_share", "2022")
    for row, spent in values(population, "rd_expense", "2022").items():
        expected = Decimal(str(revenue[row])) * Decimal(str(share[row])) / 100
        assert abs(Decimal(str(spent)) - expected) <= 1


def test_high_tech_firms_spend_what_their_recognition_asks(population: Population) -> None:
    """国科发火〔2016〕32 号: at least 5, 4, 3 per cent of revenue up to 50 m, up to 200 m, above 200 m yuan."""
    share, revenue = values(population, "rd_share", "2022"), values(population, "revenue", "2022")
    tech = [row for row, v in values(population, "high_tech", "2022").items() if v and row in share]
    assert len(tech) > 1_000
    for row in tech:
        yuan = Decimal(str(revenue[row]))
        floor = 5 if yuan <= 50_000_000 else 4 if yuan <= 200_000_000 else 3
        assert Decimal(str(share[row])) >= floor


def test_little_giants_are_high_tech_makers(population: Population) -> None:
    tech = values(population, "high_tech", "2022")
    giants = [r for r, v in values(population, "srdi_tier", "2022").items() if v == "little_giant"]
    assert giants
    assert all(tech[r] is True and population.layout.industrial[r] for r in giants)


def test_some_small_firms_have_not_reported(population: Population) -> None:
    """Rules must meet “unknown” in the sample, but only where it is plausible."""
    firms = ~population.layout.individual & (population.accounts.revenue[1] > 0)
    told = np.zeros(len(population), bool)
    told[list(values(population, "revenue", "2022"))] = True
    silent = firms & ~told
    assert 0.02 < silent.sum() / firms.sum() < 0.04
    assert not (silent & population.layout.above).any()


def test_staff_do_not_exceed_the_people_who_live_there(population: Population) -> None:
    assert population.accounts.employees[1].sum() < 797_000  # L2081


@pytest.mark.parametrize("count", [500, 3_000, 20_000])
def test_a_smaller_sample_keeps_the_structure(qiantang: District, records: NamedRecords, count: int) -> None:
    small = generate(plan.load(qiantang, count=count), records)
    assert len(small) + len(records.records) == count
    enterprises = Counter(column(small, "kind"))["enterprise"] + 19
    assert enterprises == pytest.approx(count * 64 / 120, rel=0.01, abs=2)
    assert set(column(small, "street")) == {u.code for u in qiantang.units if u.kind == "street"}
    assert {b.key for b in small.facts} >= {"revenue", "high_tech", "smart_factory", "listing_status"}
    if count >= 3_000:
        output = sum(Decimal(str(v)) for v in values(small, "output", "2022").values())
        assert output == pytest.approx(Decimal(3553) * 10**8 * count / 120_000, rel=Decimal("0.15"))


def test_too_small_a_sample_is_refused(qiantang: District) -> None:
    with pytest.raises(ValueError, match="500"):
        plan.load(qiantang, count=499)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(Path(districts.__file__).parent / "qiantang", tmp_path / "elsewhere"))


@pytest.mark.parametrize(
    ("file", "old", "new", "key", "says"),
    [
        ("population.toml", 'id = "car"', 'id = "cart"', "groups[1].id", "cart"),
        ("population.toml", 'leading = "chip"', 'leading = "crisp"', "groups[chip].leading", "crisp"),
        ("population.toml", "chip = 210,", "chip = 2_100,", "groups[chip]", "超过全组"),
        ("population.toml", "count = 12_800", "count = 52_800", "groups", "超过"),
        ("population.toml", 'id = "shop"\nkind = "individual"\nrest = true', 'id = "shop"\nkind = "individual"', "groups", "rest"),
        ("population.toml", '"street.xinwan" = 4_600', '"street.xinwen" = 4_600', "streets.enterprise.street.xinwen", "没有这个街道"),
        ("population.toml", 'code = "platform.beauty"', 'code = "platform.b"', "platforms[9].code", "platform.b"),
        ("population.toml", "since = 1993-04-04", "since = 1993", "since", "日期"),
    ],
)  # fmt: skip
def test_a_slip_in_the_plan_is_named(folder: Path, file: str, old: str, new: str, key: str, says: str) -> None:
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(BadDistrict) as caught:
        plan.load(districts.load(folder))
    assert any(p.file == file and p.key == key and says in p.zh for p in caught.value.problems), str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('street = "street.qianjin"', 'street = "street.q"', "street.q"),
        ('told = "S06; L1351-1362"', "", "示例"),
        ("founded = 2020-11-28", "", "founded"),
    ],
)
def test_a_slip_in_the_named_records_is_named(folder: Path, old: str, new: str, says: str) -> None:
    text = (folder / "named.toml").read_text("utf-8")
    assert old in text
    (folder / "named.toml").write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(BadDistrict) as caught:
        named.read(districts.load(folder))
    assert any(p.file == "named.toml" and says in p.zh for p in caught.value.problems)


def test_a_wrong_measure_is_named(folder: Path, population: Population, records: NamedRecords) -> None:
    text = (folder / "published.toml").read_text("utf-8")
    (folder / "published.toml").write_text(text.replace('measure = "growth_since_2019"', 'measure = "grow"'), "utf-8")
    with pytest.raises(BadDistrict, match=r"published\.toml"):
        measures.measure(districts.load(folder), population, records)


def test_named_records_say_what_is_told_and_what_is_assumed(records: NamedRecords) -> None:
    assert {"S05", "S06", "S35", "S36"} <= {r.told.split(";")[0] for r in records.records}
    for record in records.records:
        assert bool(record.told) != ("示例" in record.name), record.name
    assert records["baolong"].founded == date(2020, 11, 28)
    assert records["jinbaishun"].founded > date(2019, 4, 18)
