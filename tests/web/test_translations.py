"""Chinese first, English second, both complete."""

from __future__ import annotations

import re

from django.utils import translation

from yingshang.web import extraction, translations


def test_every_sentence_has_an_english_translation() -> None:
    held = translations.entries()
    missing = {s: f for s, f in extraction.sentences().items() if s not in held}
    assert not missing, "\n".join(f"{f}: {s}" for s, f in missing.items())


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


def test_catalogue_is_compiled_and_used() -> None:
    translations.compile_if_stale()
    with translation.override("en"):
        assert translation.gettext("待派单") == "In the pool"
    with translation.override("zh-hans"):
        assert translation.gettext("待派单") == "待派单"
