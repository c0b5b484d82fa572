"""The district folder: Qiantang is sound, and a bad folder is told what to mend, in which file, at which key."""

import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from yingshang import districts

QIANTANG = Path(districts.__file__).parent / "qiantang"

#: Every department and institution of the district that F4 of the catalogue names, by the short name used there.
NAMED_IN_F4 = """
    区委 新区党工委 新区管委会 区政府 区委政法委 区委统战部 区委宣传部 区纪检监察 区行政审批局 区发改局 区经信科技局
    区商务局 区市场监管局 区司法局 区教育局 师生发展中心 区税务局 规资分局 区住建局 公安分局 综合行政执法局 消防大队
    区文联 区工商联 国际合作商会 浙非服务中心 钱塘法院 区检察院 区知识产权中心 临江禁毒办 园林绿化 水务 生态环境 供电 药监
    人力社保
""".split()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the Qiantang folder to spoil."""
    return Path(shutil.copytree(QIANTANG, tmp_path / "elsewhere"))


def problems(folder: Path) -> list[districts.Problem]:
    with pytest.raises(districts.BadDistrict) as caught:
        districts.load(folder)
    return caught.value.problems


def spoil(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), "utf-8")


def test_qiantang_has_every_unit_the_source_names() -> None:
    district = districts.load("qiantang")
    kinds = Counter(u.kind for u in district.units)
    assert (kinds["district"], kinds["street"], kinds["platform"], kinds["community"]) == (1, 7, 9, 120)
    names = {u.short_name for u in district.units}
    assert [n for n in NAMED_IN_F4 if n not in names] == []
    commands = [u for u in district.units if u.name.endswith("综治指挥中心")]
    assert {u.parent for u in commands} == {u.code for u in district.units if u.kind == "street"}


def test_every_unit_is_sourced_or_says_it_is_a_sample() -> None:
    district = districts.load("qiantang")
    assert [u.code for u in district.units if not u.source and "示例" not in u.name] == []
    assert "自拟" in district.duties_note


def test_every_line_cited_exists_in_the_source() -> None:
    """Citations are line numbers of a text of 2,723 lines; a typing slip would leave that range or invert a span."""
    for file in QIANTANG.glob("*.toml"):
        text = re.sub(r'industry_code = "[^"]*"', "", file.read_text("utf-8"))
        for first, last in re.findall(r"\bL(\d+)(?:-(\d+))?", text):
            assert 1 <= int(first) <= int(last or first) <= 2723, f"{file.name}: L{first}-{last}"


def test_parents_come_before_children() -> None:
    seen: set[str] = set()
    for unit in districts.load("qiantang").units:
        assert unit.parent in seen or unit.kind == "district"
        seen.add(unit.code)


def test_the_published_number_of_service_officers_covers_every_street_and_platform() -> None:
    district = districts.load("qiantang")
    officers = [p for p in district.roster.people if ".service" in p.username]
    assert len(officers) == district.roster.service_officers == 1835
    served = Counter(p.posts[-1][0] for p in officers)
    assert set(served) == {u.code for u in district.units if u.kind in ("street", "platform")}
    assert sum(len(p.posts) == 2 for p in officers) == pytest.approx(420, abs=16)
    usernames = [p.username for p in district.roster.people]
    assert len(usernames) == len(set(usernames))


def test_every_role_has_somebody_and_a_demo_sign_in() -> None:
    roster = districts.load("qiantang").roster
    held = {role for p in roster.people for _, role in p.posts}
    demo = {d.role for d in roster.demo}
    assert held == {
        "officer", "dispatcher", "unit_lead", "area_lead", "reform_office", "district_leader", "auditor", "administrator",
    }  # fmt: skip
    assert demo == held | {"enterprise", "service_officer"}


@pytest.mark.parametrize(
    ("file", "old", "new", "key", "says"),
    [
        ("district.toml", 'division = "330114"', 'division = "33"', "division", "6 位"),
        ("district.toml", 'root = "district.qiantang"', 'root = "district.x"', "root", "district.x"),
        ("district.toml", 'phone = "0571-00000000"', "phone = 571", "contact.phone", "文字"),
        ("units.toml", 'kind = "department"', 'kind = "office"', "units[2].kind", "department"),
        ("units.toml", 'code = "dept.tax"', 'code = "dept.market"', "code", "重复"),
        ("units.toml", 'parent = "dept.education"', 'parent = "dept.nowhere"', "dept.education_center", "不存在"),
        (
            "units.toml",
            'parent = "street.yipeng"\nname = "义隆',
            'parent = "dept.tax"\nname = "义隆',
            "community.yilong",
            "street",
        ),
        ("units.toml", 'source = "L411"', 'source = ""', "source", "示例"),
        ("units.toml", 'street = "street.xiasha"', 'street = "street.x"', "sample_areas[1].street", "street.x"),
        ("units.toml", 'duties = "监督公职人员', 'dutties = "监督公职人员', "duties", "职责"),
        ("people.toml", 'role = "unit_lead"', 'role = "boss"', "posts[1].role", "boss"),
        ("people.toml", 'units = ["dept.reform"]', 'units = ["dept.refrom"]', "posts[5].units", "dept.refrom"),
        ("people.toml", '"street.xiasha" = 330', '"street.xiasha" = -1', "service_officers.weights", "正整数"),
        ("people.toml", "since = 2019-01-01", 'since = "2019"', "since", "日期"),
        ("people.toml", "count = 1\n", 'count = "1"\n', "count", "整数"),
        ("units.toml", "[[units]]", "[[units", "", "TOML"),
    ],
)
def test_a_slip_is_named_with_file_and_key(folder: Path, file: str, old: str, new: str, key: str, says: str) -> None:
    spoil(folder, file, old, new)
    found = problems(folder)
    assert any(p.file == file and key in p.key and says in p.zh and p.en for p in found), [str(p) for p in found]


def test_a_circle_of_parents_is_found(folder: Path) -> None:
    spoil(folder, "units.toml", 'parent = "dept.education"', 'parent = "dept.federation_africa"')
    spoil(
        folder,
        "units.toml",
        'parent = "dept.federation_industry"\nname = "浙非',
        'parent = "dept.education_center"\nname = "浙非',
    )
    assert any("环" in p.zh and "federation_africa" in p.key for p in problems(folder))


def test_all_problems_come_at_once(folder: Path) -> None:
    (folder / "people.toml").unlink()
    spoil(folder, "district.toml", 'id = "qiantang"', "")
    spoil(folder, "units.toml", 'code = "dept.tax"', "")
    assert {p.file for p in problems(folder)} == {"district.toml", "units.toml", "people.toml"}


def test_a_folder_that_is_not_utf8_says_so(folder: Path) -> None:
    text = (folder / "district.toml").read_text("utf-8")
    (folder / "district.toml").write_bytes(text.encode("gb18030"))
    assert any("UTF-8" in p.zh for p in problems(folder))


def test_an_unknown_district_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(districts.BadDistrict, match="qiantang"):
        districts.load("atlantis")


def test_the_reader_needs_no_django() -> None:
    code = "import sys, yingshang.districts as d; d.load(); sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
