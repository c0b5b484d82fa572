"""Made-up names of businesses: plausible, each once, none with the trade name of a real firm of the source."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from pypinyin import lazy_pinyin

#: Characters of trade names.
_CHARS = (
    "安柏宝博辰晨诚驰川翠达岱德鼎帆方枫峰沣福港歌格光广海翰瀚禾恒宏泓鸿湖华桦焕辉惠吉佳嘉简江津锦劲景"
    "竞靖骏凯康科可坤蓝朗乐力立励联良林凌领隆路麟迈茂美盟敏明铭睿瑞润森山尚盛实拾舜思松泰韬腾天田庭通万"
    "网旺维蔚文沃熙希溪晓欣新信星兴旭轩雅言岩杨扬耀业一依颐易亦逸毅银盈永优由友屿宇羽煜元源远悦越云韵泽展"
)
PREFIX = "杭州"
INDIVIDUAL_PREFIX = "杭州市钱塘区"


def brands(reserved: Sequence[str]) -> npt.NDArray[np.object_]:
    """Every pair of two different characters that contains no reserved trade name."""
    taken = {r for r in reserved if len(r) <= 2}
    pairs = [a + b for a in _CHARS for b in _CHARS if a != b and a + b not in taken]
    return np.array(pairs, dtype=object)


def pinyin(text: str) -> str:
    return " ".join(lazy_pinyin(text)).lower()


class Namer:
    """Names the firms of one industry after another; no combination of trade name and word comes twice."""

    def __init__(self, rng: np.random.Generator, reserved: Sequence[str]) -> None:
        self.rng = rng
        self.reserved = reserved
        self.brands = brands(reserved)
        # Character by character: twenty thousand pairs would take pypinyin longer than everything else.
        syllable = {c: pinyin(c) for c in _CHARS}
        self.keys = np.array([f"{syllable[b[0]]} {syllable[b[1]]}" for b in self.brands], dtype=object)
        self._used: dict[str, npt.NDArray[np.int64]] = {}

    def _pick(self, word: str, suffix: str, n: int) -> npt.NDArray[np.int64]:
        """``n`` trade names that ``word`` (with ``suffix``) has not had yet."""
        order = self._used.get(word + suffix)
        if order is None:
            order = self.rng.permutation(len(self.brands))
            endings = tuple(r[:k] for r in self.reserved for k in range(1, len(r)) if word.startswith(r[k:]))
            if endings:
                # A trade name must not arise where brand and word meet: 万广 + 汽车.
                order = order[[not self.brands[b].endswith(endings) for b in order]]
        if n > len(order):
            raise ValueError(f"“{word}”的名称不够用:要 {n} 个,只有 {len(order)} 个,请在 industries.toml 增加用语")
        self._used[word + suffix] = order[n:]
        return order[:n]

    def name(
        self, words: Sequence[str], n: int, *, individual: bool, company: str = "有限公司"
    ) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
        """Return ``n`` names and their sorting keys."""
        prefix = INDIVIDUAL_PREFIX if individual else PREFIX
        suffix = "" if individual else company
        which = self.rng.integers(0, len(words), n)
        names = np.empty(n, dtype=object)
        keys = np.empty(n, dtype=object)
        for w, word in enumerate(words):
            at = np.flatnonzero(which == w)
            picked = self._pick(word, suffix, len(at))
            names[at] = prefix + self.brands[picked] + (word + suffix)
            keys[at] = f"{pinyin(prefix)} " + self.keys[picked] + f" {pinyin(word + suffix)}"
        return names, keys
