"""Whether a list of items can be published: everything named is there, nothing waits in a circle, all can be reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from yingshang.projects import network, plan
from yingshang.projects.items import APPLICANT, MILESTONES, PLACES, ItemsFile, ItemSpec, ListOfItems, merged


@dataclass(frozen=True)
class Problem:
    """What is wrong with one item or document of one folder, and how to mend it, in both languages."""

    folder: str
    at: str
    zh: str
    en: str
    mend_zh: str
    mend_en: str

    def __str__(self) -> str:
        return f"{self.folder}[{self.at}] {self.zh}。{self.mend_zh}"


def problems(files: Iterable[ItemsFile], units: Collection[str], named: Collection[str] | None = None) -> list[Problem]:
    """All problems of the folders' items together; empty when the list may be published.

    Args:
        units: codes of the units that exist.
        named: codes that the tables can name; None where that is not known.
    """
    brought = list(files)
    listed = merged(brought)
    found = [
        *_twice(brought),
        *(p for item in listed.items.values() for p in _references(item, listed, units)),
        *_documents(listed),
        *_waiting(listed),
    ]
    if named is not None:
        found += _unnamed(listed, named)
    return found


def _twice(files: list[ItemsFile]) -> Iterator[Problem]:
    for kind_zh, kind_en, held in (
        ("事项", "item", [(i.code, f.folder) for f in files for i in f.items]),
        ("材料", "document", [(d.code, f.folder) for f in files for d in f.documents]),
    ):
        counted = Counter(code for code, _ in held)
        for code, folder in held:
            if counted[code] > 1:
                counted[code] = 0
                folders = "、".join(sorted({f for c, f in held if c == code}))
                yield Problem(
                    folder, code, f"{kind_zh} {code} 重复({folders})", f"{kind_en} {code} twice ({folders})",
                    "改一个编号", "rename one of them",
                )  # fmt: skip


def _references(item: ItemSpec, listed: ListOfItems, units: Collection[str]) -> Iterator[Problem]:
    def bad(zh: str, en: str, mend_zh: str, mend_en: str) -> Problem:
        return Problem(item.folder, item.code, zh, en, mend_zh, mend_en)

    for unit in (item.unit, *item.units):
        if unit not in units and unit not in (*PLACES, APPLICANT):
            yield bad(f"没有单位 {unit}", f"there is no unit {unit}", "改用区里的单位编号", "use a unit's code")
    for document in (*item.inputs, *item.at_issue, *item.outputs, *item.defer):
        if document not in listed.documents:
            yield bad(f"没有材料 {document}", f"there is no document {document}",
                      "在 [[documents]] 里补上", "add it to [[documents]]")  # fmt: skip
    for other in (*item.after, *([item.stands_for] if item.stands_for else []), *item.stands_before):
        if other not in listed.items:
            yield bad(f"没有事项 {other}", f"there is no item {other}", "在 [[items]] 里补上", "add it to [[items]]")
    if item.milestone and item.milestone not in MILESTONES:
        yield bad(f"没有节点 {item.milestone}", f"there is no milestone {item.milestone}",
                  f"可用:{'、'.join(MILESTONES)}", f"known: {', '.join(MILESTONES)}")  # fmt: skip
    for document in item.defer:
        if document not in item.inputs or not _brought(listed, document):
            yield bad(f"容缺的 {document} 不是申请人要交的材料", f"{document} may be deferred, but no applicant brings it",
                      "只有申请人要交的材料可以容缺", "only what the applicant brings can follow later")  # fmt: skip
    if bool(item.stands_for) != bool(item.stands_before):
        yield bad("分阶段要写明代替哪个事项、在哪些事项之前", "a stage needs what it stands for and before what",
                  "同时写 stands_for 和 stands_before", "give stands_for and stands_before")  # fmt: skip
    for name, time in (("promised", item.promised), ("legal", item.legal)):
        if time.days is not None and (time.days < 1 or not time.source):
            yield bad(f"{name} 应是正整数并写明出处", f"{name} needs a positive number and its source",
                      "补上出处;没有公布的不写", "add the source; leave out what is not published")  # fmt: skip
    if item.promised.days and item.legal.days and item.promised.days > item.legal.days:
        yield bad("承诺时限比法定时限还长", "the promised time is longer than the legal one",
                  "改短承诺时限", "shorten the promise")  # fmt: skip


def _brought(listed: ListOfItems, document: str) -> bool:
    return document in listed.documents and listed.documents[document].applicant


def _documents(listed: ListOfItems) -> Iterator[Problem]:
    """A document comes from the applicant, or some item brings it forth; what nobody needs is a slip."""
    made = {d for i in listed.items.values() for d in i.outputs}
    asked = {d for i in listed.items.values() for d in (*i.inputs, *i.at_issue)}
    for d in listed.documents.values():
        if d.applicant and d.code in made:
            yield Problem(
                d.folder, d.code, "申请人提交的材料,又是事项的结果", "brought by the applicant and by an item as well",
                "两者留其一", "keep one of the two",
            )  # fmt: skip
        if d.applicant and d.code not in asked:
            yield Problem(
                d.folder, d.code, "没有事项需要这份材料", "no item needs this document", "删去它", "remove it"
            )
    for item in listed.items.values():
        for document in (*item.inputs, *item.at_issue):
            if document in listed.documents and document not in made and not listed.documents[document].applicant:
                yield Problem(
                    item.folder, item.code, f"办不到:没有事项产生 {document},也不由申请人提交",
                    f"cannot be reached: no item brings {document} forth, nor the applicant",
                    "写明由哪个事项产生,或 applicant = true", "name the item that does, or applicant = true",
                )  # fmt: skip


def _waiting(listed: ListOfItems) -> Iterator[Problem]:
    """No circle, neither with all items nor when a first stage is taken."""
    stages = [i.code for i in listed.items.values() if i.stands_for in listed.items]
    for staged in ([], *([s] for s in stages)):
        try:
            network.schedule(plan.activities(listed, listed.items, plan.Ways(staged=frozenset(staged))))
        except network.Cycle as cycle:
            shown = " → ".join(f"{listed.items[c].name.zh}({c})" for c in cycle.codes)
            english = " → ".join(f"{listed.items[c].name.en} ({c})" for c in cycle.codes)
            first = listed.items[cycle.codes[0]]
            yield Problem(
                first.folder, first.code, f"事项互相等待,谁也办不了:{shown}", f"items wait for each other: {english}",
                "去掉其中一个等待", "remove one of these",
            )  # fmt: skip
            return


def _unnamed(listed: ListOfItems, named: Collection[str]) -> Iterator[Problem]:
    for item in listed.items.values():
        if item.code not in named and not item.stands_for:
            yield Problem(
                item.folder, item.code, "没有一张表会选中这个事项", "no table ever names this item",
                "在 applies.dmn 里写明何时适用", "say in applies.dmn when it applies",
            )  # fmt: skip
    for code in sorted(set(named) - listed.items.keys()):
        yield Problem(
            "", code, f"表里的 {code} 不在清单里", f"a table names {code}, which is not listed",
            "在 project_items.toml 里补上", "add it to project_items.toml",
        )  # fmt: skip
