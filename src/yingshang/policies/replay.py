"""Checking a receipt, without the database and without Django: signature, what was changed, the calculation once more.

A receipt is JSON in sections. Its signature covers the digest of every section, so a change is found and named; then the
model in it is run again on the facts in it, and must come to the same trace, the same answer and the same amount.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from yingshang import decisions

FORMAT = "yingshang.receipt/1"
ALGORITHM = "Ed25519"
#: Sections in the order they are checked, and what people call them.
SECTIONS = {
    "about": ("条款和受益对象", "clause and beneficiary"),
    "rule": ("规则版本", "version of the rule"),
    "facts": ("事实", "facts"),
    "trace": ("计算过程", "trace"),
    "amounts": ("金额", "amounts"),
    "people": ("审核和经办人", "reviewers"),
    "payment": ("付款", "payment"),
}
_CENT = Decimal("0.01")
#: A receipt of more than this is none of ours.
MOST_BYTES = 20_000_000


def canonical(value: Any) -> bytes:
    """JSON with one way to write each value: what is signed is bytes, and they must not depend on who wrote them."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def digest(value: Any) -> str:
    """SHA-256 of a section, in hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: whether it holds, and a sentence about it in Chinese and English."""

    code: str
    ok: bool
    zh: str
    en: str


class _Broken(Exception):
    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def verify(content: bytes, *, trusted: str = "") -> list[Check]:
    """Everything that was checked, in order, up to the first thing that does not hold.

    Args:
        trusted: the district's public key in hex, from another place than the receipt itself; without it the receipt's own
            key is taken, which proves only that the receipt is whole, not who made it.
    """
    done: list[Check] = []
    receipt: dict[str, Any] = {}
    steps: list[tuple[str, Callable[[], tuple[str, str]]]] = [
        ("format", lambda: _read(content, receipt)),
        ("key", lambda: _key(receipt, trusted)),
        ("signature", lambda: _signature(receipt)),
        *((name, lambda name=name: _section(receipt, name)) for name in SECTIONS),  # type: ignore[misc]
        ("model", lambda: _model(receipt)),
        ("replay", lambda: _replay(receipt)),
        ("reckoning", lambda: _reckoning(receipt)),
    ]
    for code, step in steps:
        try:
            done.append(Check(code, True, *step()))
        except _Broken as broken:
            done.append(Check(code, False, broken.zh, broken.en))
            break
        except (KeyError, TypeError, ValueError, InvalidOperation, AttributeError, decisions.DecisionError) as error:
            done.append(Check(code, False, f"凭证内容不完整:{error}", f"the receipt is incomplete: {error}"))
            break
    return done


def _read(content: bytes, into: dict[str, Any]) -> tuple[str, str]:
    if len(content) > MOST_BYTES:
        raise _Broken("文件太大,不是兑付凭证", "too large for a receipt")
    try:
        read = json.loads(content, object_pairs_hook=_once, parse_float=_no_float)
    except (ValueError, RecursionError) as error:
        raise _Broken(f"不是有效的凭证文件:{error}", f"not a valid receipt: {error}") from None
    if not isinstance(read, dict) or read.get("format") != FORMAT:
        raise _Broken("不是兑付凭证", "not a receipt")
    if set(read) != {"format", "digests", "signature", *SECTIONS}:
        raise _Broken("凭证缺少或多出内容", "sections are missing, or there are others")
    into.update(read)
    return "凭证格式正确", "the format is right"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({k for k, _ in pairs}) != len(pairs):
        raise ValueError("the same name twice")
    return dict(pairs)


def _no_float(text: str) -> Any:
    raise ValueError(f"a number with a point is written as text, not as {text}")


def _key(receipt: Mapping[str, Any], trusted: str) -> tuple[str, str]:
    key = receipt["signature"]["key"]
    if not trusted:
        return (
            f"未提供区的公钥,只核对凭证自身(签名公钥 {key[:16]}…)",
            f"no key of the district was given; only the receipt itself is checked (signed by {key[:16]}…)",
        )
    if key != trusted.strip().lower():
        raise _Broken("签名所用的公钥不是本区的", "it is signed by another key than the district's")
    return "签名公钥是本区的", "it is signed by the district's key"


def _signature(receipt: Mapping[str, Any]) -> tuple[str, str]:
    signature = receipt["signature"]
    # What the signature is over cannot name the way it is made; so nothing may stand here but the one way there is.
    if set(signature) != {"algorithm", "key", "value"} or signature["algorithm"] != ALGORITHM:
        raise _Broken(f"签名方式不是 {ALGORITHM}", f"the signature is not made by {ALGORITHM}")
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signature["key"]))
        key.verify(bytes.fromhex(signature["value"]), signed_part(receipt["digests"]))
    except (InvalidSignature, ValueError):
        raise _Broken(
            "签名不符:签名或摘要在签发后被改动", "the signature does not hold: it or the digests were changed"
        ) from None
    return "签名有效", "the signature holds"


def signed_part(digests: Mapping[str, str]) -> bytes:
    """What the signature is over: the format and the digest of each section."""
    return canonical({"format": FORMAT, "digests": dict(digests)})


def _section(receipt: Mapping[str, Any], name: str) -> tuple[str, str]:
    zh, en = SECTIONS[name]
    if digest(receipt[name]) != receipt["digests"][name]:
        raise _Broken(f"“{zh}”在签发后被改动", f"changed since it was signed: {en}")
    return f"“{zh}”未被改动", f"unchanged: {en}"


def _model(receipt: Mapping[str, Any]) -> tuple[str, str]:
    rule = receipt["rule"]
    if hashlib.sha256(rule["xml"].encode()).hexdigest() != rule["digest"]:
        raise _Broken("规则内容与其版本摘要不符", "the model is not the version that its digest names")
    return f"规则为 {rule['key']} 第 {rule['number']} 版", f"the rule is {rule['key']}, version {rule['number']}"


def _replay(receipt: Mapping[str, Any]) -> tuple[str, str]:
    rule, amounts = receipt["rule"], receipt["amounts"]
    model = decisions.load(rule["xml"].encode())
    inputs = {name: value_of(fact) for name, fact in receipt["facts"].items()}
    trace = model.explain(rule["decision"], inputs)
    # The model first: what it says is what counts, the stored trace is what was shown.
    answer = model.evaluate(rule["decision"], inputs)
    if not isinstance(answer, Mapping) or answer.get("符合") is not True:
        raise _Broken("按凭证里的规则和事实重算,不符合条件", "run again, the rule does not grant it")
    found = answer.get("金额")
    found = None if found is None else Decimal(found).quantize(_CENT)
    told = None if amounts["by_rule"] is None else Decimal(amounts["by_rule"])
    if found != told:
        raise _Broken(
            f"按凭证里的规则和事实重算,应为 {found} 元,凭证写 {told} 元",
            f"run again, the rule gives {found}, not {told}",
        )
    if canonical(json.loads(canonical(trace.as_dict()))) != canonical(receipt["trace"]):
        raise _Broken("重算的过程与凭证所载不同", "run again, the steps are others")
    return "重算结果一致", "run again, the rule comes to the same"


def value_of(fact: Mapping[str, Any]) -> Any:
    """A fact's value as a rule takes it."""
    value = fact["value"]
    if fact["type"] == "number":
        return Decimal(value)
    return date.fromisoformat(value) if fact["type"] == "date" else value


def _reckoning(receipt: Mapping[str, Any]) -> tuple[str, str]:
    amounts, payment = receipt["amounts"], receipt["payment"]
    due = amounts["by_rule"]
    for reason in amounts["reasons"]:
        if reason["before"] != due:
            raise _Broken("叠加或封顶的计算前后不接", "the steps of exclusion and caps do not follow one another")
        due = reason["after"]
    if Decimal(due or 0) != Decimal(amounts["due"]):
        raise _Broken(f"应付 {due} 元,凭证写 {amounts['due']} 元", f"due are {due}, not {amounts['due']}")
    if payment is not None and Decimal(payment["amount"]) != Decimal(amounts["due"]):
        raise _Broken("付款金额与应付金额不符", "what was paid is not what was due")
    return f"金额 {amounts['due']} 元", f"{amounts['due']} yuan"
