"""What words suggest: the same as scikit-learn's own transformation and prediction, only for one text at a time."""

import random
from typing import Any

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import ComplementNB
from sklearn.preprocessing import normalize

from yingshang.cases import routing
from yingshang.cases.models import Case
from yingshang.cases.wordweights import told as told_by

LEARNED = [
    ("出口退税一直没有到账", "commerce"),
    ("出口退税 退税 材料怎么交", "commerce"),
    ("孩子入学 学位不够", "education"),
    ("员工孩子想就近入学", "education"),
    ("变压器增容 用电不够", "economy"),
    ("厂房用电要增容", "economy"),
]
ASKED = ["退税还没到账", "孩子入学的学位", "用电 用电 增容", "退税和入学都没办", "路灯不亮"]


def _weighed(texts: list[str], model: routing._Model, least: int) -> tuple[TfidfVectorizer, Any]:
    """The texts as scikit-learn sees them, each word by what it tells."""
    vectorizer = TfidfVectorizer(analyzer=routing.cut, sublinear_tf=True, min_df=least, norm=None).fit(texts)
    return vectorizer, lambda asked: normalize(vectorizer.transform(asked).multiply(model.tells).tocsr())


@pytest.mark.parametrize("text", ASKED)
def test_learned_from_closed_cases(text: str) -> None:
    texts, units = [t for t, _ in LEARNED], [u for _, u in LEARNED]
    learned = routing._Model(texts, units, "closed")
    _vectorizer, weighed = _weighed(texts, learned, 2)
    model = ComplementNB(alpha=0.3).fit(weighed(texts), units)
    row, found = weighed([text]), learned.suggest(text)
    shares = model.predict_proba(row)[0]
    if row.nnz == 0 or shares.max() < routing.OFFERED:
        assert found is None
        return
    assert found is not None
    assert found.unit == model.classes_[int(np.argmax(shares))]
    assert found.share == pytest.approx(float(shares.max()))
    assert set(found.words) <= set(routing.cut(text))
    assert (found.basis, found.count) == ("closed", len(LEARNED))


@pytest.mark.parametrize("text", ASKED)
def test_compared_with_duties(text: str) -> None:
    units = ["commerce", "education", "economy"]
    duties = ["商贸 出口 退税", "教育 入学 学位 孩子", "工业 用电 增容 退税"]
    learned = routing._Model(duties, units, "duties")
    vectorizer, weighed = _weighed(duties, learned, 1)
    # What no duty names takes its part of the text's weight.
    asked = TfidfVectorizer(analyzer=routing.cut, sublinear_tf=True, norm=None, use_idf=False).fit_transform([text])
    named = vectorizer.transform([text]).multiply(learned.tells).tocsr()
    unknown = [w for w in dict.fromkeys(routing.cut(text)) if w not in vectorizer.vocabulary_]
    rest = sum(((1 + np.log(1 + len(duties))) * told_by(w)) ** 2 for w in unknown)
    assert asked.nnz == named.nnz + len(unknown)
    similar = (weighed(duties) @ named.T).toarray()[:, 0] / np.sqrt(named.multiply(named).sum() + rest)
    found = learned.suggest(text)
    if similar.max() < routing.OFFERED * (similar.sum() + routing.NOBODY):
        assert found is None
        return
    assert found is not None
    assert found.unit == units[int(np.argmax(similar))]
    assert found.share == pytest.approx(float(similar.max() / (similar.sum() + routing.NOBODY)))
    assert found.words


#: Everyday wording that any demand may have, with no subject in it.
FILLERS = [
    "我们想问一下",
    "麻烦安排一下",
    "请问什么时候能办",
    "企业很着急",
    "希望尽快联系",
    "需要哪些材料",
    "这个问题怎么处理",
]
EMPTY = ["我们的问题麻烦尽快安排", "请问需要什么材料,怎么联系", "企业希望安排处理"]


@pytest.fixture(scope="module")
def told() -> list[tuple[str, str]]:
    """Invented closed demands: a subject of one unit between everyday wording, each unit leaning to some of it by chance."""
    subjects = {
        "dept.education": ["孩子入学", "子女学位", "幼儿园名额"],
        "dept.power": ["用电增容", "变压器", "停电抢修"],
        "dept.tax": ["出口退税", "发票额度", "留抵退税"],
        "dept.water": ["雨污水接管", "门前积水", "自来水水压"],
        "dept.fire": ["消防通道", "消防验收整改", "灭火器检查"],
    }
    chance = random.Random(3)
    own = {unit: chance.choices(FILLERS, k=3) for unit in subjects}
    found = []
    for _ in range(300):
        unit = chance.choice(list(subjects))
        say = chance.sample(own[unit] + FILLERS, 3)
        found.append((f"{say[0]},{chance.choice(subjects[unit])}。{say[1]},{say[2]}。", unit))
    return found


@pytest.mark.parametrize("text", EMPTY)
def test_words_without_a_subject_speak_for_nobody(told: list[tuple[str, str]], text: str) -> None:
    assert routing._Model([t for t, _ in told], [u for _, u in told], "closed").suggest(text) is None
    duties = ["预算安排,联系企业", "教育 入学 学位 孩子", "工业 用电 增容 退税", "材料审核,问题处理"]
    assert routing._Model(duties, ["a", "b", "c", "d"], "duties").suggest(text) is None


def test_a_subject_is_heard_through_them(told: list[tuple[str, str]]) -> None:
    model = routing._Model([t for t, _ in told], [u for _, u in told], "closed")
    for text, unit in told:
        found = model.suggest(text)
        assert found is not None and found.unit == unit, text
        # What is given as the reason is of the subject.
        assert not set(found.words) & set(routing.cut(" ".join(FILLERS))), found


def test_what_is_likelier_not_to_be_the_unit_is_not_proposed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A word that units share speaks for none of them; a word in passing does not speak for the one that has it."""
    duties = ["厂房租赁,园区配套", "厂房建设,土地出让", "厂房改造", "教育 入学 学位", "消防设施,消防通道"]
    model = routing._Model(duties, ["park", "land", "works", "education", "fire"], "duties")
    assert model.suggest("想扩产找一块厂房") is None
    long = "变压器容量不足,锅炉验收排期,污水纳管,电梯检验,叉车年检,车间通风,员工宿舍改造,门禁换新,顺带学位"
    assert model.suggest(long) is None
    found = model.suggest("消防通道堵了,消防设施坏了")
    assert found is not None and found.unit == "fire"
    monkeypatch.setattr(routing, "_model", lambda: model)
    proposal = routing.propose(Case(title="想扩产找一块厂房", text=""), None)
    assert (proposal["unit"], proposal["sure"], proposal["reasons"]) == ("", False, [])
