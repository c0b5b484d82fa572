"""The Chinese that an English page still shows, less what is data: titles, names of firms, answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from playwright.sync_api import Page

from yingshang.accounts.models import Person, Unit
from yingshang.cases.models import Category, Clock, Procedure, Promise, Task

CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff「」]")
#: What stands between the parts of a line, and between the words of a list.
APART = re.compile(r"\s*[·、,，;；|]\s*|\s{2,}")
#: Shorter data is known as a word of its own only, not within a sentence: 电力 must not excuse the "电力增容" of a label.
SENTENCE = 5
APPS = ("accounts", "registry", "cases", "activities", "exchange", "policies", "rules", "projects")
#: The house's own words: in English they have to be English, always.
HOUSE = (Unit, Category, Clock, Procedure, Promise, Task)
#: The names of languages stay in their own; so does what is hidden and what only scripts read.
SHOWN = """() => {
  const out = [], skip = 'script, style, template, [lang^=zh]';
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) if (!walk.currentNode.parentElement.closest(skip)) out.push(walk.currentNode.data);
  for (const e of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]'))
    if (!e.closest(skip)) for (const a of ['aria-label', 'title', 'placeholder', 'alt']) out.push(e.getAttribute(a) ?? '');
  return [...out, document.title];
}"""


class Written:
    """Everything Chinese in the database that has no English beside it, as it is when this is made."""

    def __init__(self) -> None:
        held = {text.strip() for model in _models() for text in _texts(model) if text and CHINESE.search(text)}
        # Lines of a longer text are shown apart; longest first, so that a part does not spoil the whole.
        self._known = held | {line.strip() for text in held for line in text.splitlines() if line.strip()}
        self._long = sorted((t for t in self._known if len(t) >= SENTENCE), key=len, reverse=True)
        self._flat = [" ".join(text.split()) for text in self._long]

    def left_over(self, page: Page) -> list[str]:
        """The Chinese on the page that is nobody's data, each once."""
        shown: list[str] = page.evaluate(SHOWN)
        return sorted({rest for text in shown if CHINESE.search(text) and (rest := self._without_data(text))})

    def _without_data(self, text: str) -> str:
        text = " ".join(text.split())
        for known in self._flat:
            text = text.replace(known, " ")
        return " | ".join(p for p in APART.split(text) if CHINESE.search(p) and not self._data(p.strip()))

    def _data(self, piece: str) -> bool:
        cut = piece.endswith("…") and any(known.startswith(piece.strip(" …")) for known in self._long)
        return cut or piece in self._known


def _models() -> Iterator[type[models.Model]]:
    for app in APPS:
        yield from apps.get_app_config(app).get_models()


def _texts(model: type[models.Model]) -> Iterator[str]:
    names = {f.name for f in model._meta.fields} - ({"name_en"} if model is Person else set())
    for field in model._meta.fields:
        rows = model._default_manager.all()
        if field.name.endswith("_en") or (model in HOUSE and f"{field.name}_en" in names):
            continue
        if f"{field.name}_en" in names:
            rows = rows.filter(**{f"{field.name}_en": ""})
        if isinstance(field, models.CharField | models.TextField) and not field.choices:
            yield from rows.values_list(field.name, flat=True).distinct()
        elif isinstance(field, models.JSONField | ArrayField):
            for value in rows.values_list(field.name, flat=True):
                yield from _strings(value)


def _strings(value: Any) -> Iterator[str]:
    """The strings of a JSON document that have no English one beside them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            if f"{key}_en" not in value and not (key == "zh" and "en" in value):
                yield from _strings(one)
