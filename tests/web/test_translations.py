"""Chinese first, English second, both complete."""

from __future__ import annotations

import re

import pytest
from django.utils import translation

from yingshang.web import extraction, translations


def test_every_sentence_has_an_english_translation() -> None:
    held = translations.entries()
    missing = {s: f for s, f in extraction.sentences().items() if s not in held}
    assert not missing, "\n".join(f"{f}: {s}" for s, f in missing.items())


def test_what_tells_one_from_many_does_so_in_english() -> None:
    held = translations.entries()
    wrong = {s: f for s, f in extraction.plurals().items() if not isinstance(held.get(s), list)}
    assert not wrong, "\n".join(f"{f}: {s}" for s, f in wrong.items())


def test_translations_keep_the_placeholders() -> None:
    def held(sentence: str) -> set[str]:
        return set(re.findall(r"%\(\w+\)[sd]", sentence))

    wrong = {
        zh: form
        for zh, en in translations.entries().items()
        for form in (en if isinstance(en, list) else [en])
        if held(zh) != held(form)
    }
    assert not wrong


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("有难处,提一次就够", "有难处，提一次就够"),
        ("问题解决了吗?", "问题解决了吗？"),
        ("企业确认:已解决", "企业确认：已解决"),
        ("%(u)s已答复,请您确认", "%(u)s已答复，请您确认"),
        ("「%(u)s」退回:", "「%(u)s」退回："),
        ("已办结 %(n)s,共 %(m)d 件", "已办结 %(n)s，共 %(m)d 件"),
        ("(可不填)", "（可不填）"),
        ("街道(平台)负责人", "街道（平台）负责人"),
        ("归在它下面的办件(%(n)s)", "归在它下面的办件（%(n)s）"),
        ("%(n)s 个工作日", "%(n)s 个工作日"),
        ("每个不超过 1,000 MB(见 https://a.cn)", "每个不超过 1,000 MB（见 https://a.cn）"),
        ("10:30 开会", "10:30 开会"),
        (":", "："),
        ("rows (refused): 3, 4", "rows (refused): 3, 4"),
    ],
)
def test_chinese_is_typeset(typed: str, shown: str) -> None:
    assert translations.typeset(typed) == shown


def test_catalogue_is_compiled_and_used() -> None:
    translations.compile_if_stale()
    with translation.override("en"):
        assert translation.gettext("待派单") == "In the pool"
    with translation.override("zh-hans"):
        assert translation.gettext("待派单") == "待派单"
        assert translation.gettext("有难处,提一次就够") == "有难处，提一次就够"
