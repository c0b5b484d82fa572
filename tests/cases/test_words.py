"""What words suggest: the same as scikit-learn's own transformation and prediction, only for one text at a time."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import ComplementNB

from yingshang.cases import routing

LEARNED = [
    ("出口退税一直没有到账", "commerce"),
    ("出口退税 退税 材料怎么交", "commerce"),
    ("孩子入学 学位不够", "education"),
    ("员工孩子想就近入学", "education"),
    ("变压器增容 用电不够", "economy"),
    ("厂房用电要增容", "economy"),
]
ASKED = ["退税还没到账", "孩子入学的学位", "用电 用电 增容", "退税和入学都没办", "路灯不亮"]


@pytest.mark.parametrize("text", ASKED)
def test_learned_from_closed_cases(text: str) -> None:
    texts, units = [t for t, _ in LEARNED], [u for _, u in LEARNED]
    vectorizer = TfidfVectorizer(analyzer=routing.cut, sublinear_tf=True, min_df=2)
    model = ComplementNB(alpha=0.3).fit(vectorizer.fit_transform(texts), units)
    row = vectorizer.transform([text])
    found = routing._Model(texts, units, "closed").suggest(text)
    if row.nnz == 0:
        assert found is None
        return
    shares = model.predict_proba(row)[0]
    assert found is not None
    assert found.unit == model.classes_[int(np.argmax(shares))]
    assert found.share == pytest.approx(float(shares.max()))
    assert set(found.words) <= set(routing.cut(text))
    assert (found.basis, found.count) == ("closed", len(LEARNED))


@pytest.mark.parametrize("text", ASKED)
def test_compared_with_duties(text: str) -> None:
    units = ["commerce", "education", "economy"]
    duties = ["商贸 出口 退税", "教育 入学 学位 孩子", "工业 用电 增容 退税"]
    vectorizer = TfidfVectorizer(analyzer=routing.cut, sublinear_tf=True, min_df=1)
    matrix = vectorizer.fit_transform(duties)
    row = vectorizer.transform([text])
    found = routing._Model(duties, units, "duties").suggest(text)
    if row.nnz == 0:
        assert found is None
        return
    similar = (matrix @ row.T).toarray()[:, 0]
    assert found is not None
    assert found.unit == units[int(np.argmax(similar))]
    assert found.share == pytest.approx(float(similar.max() / similar.sum()))
    assert found.words
