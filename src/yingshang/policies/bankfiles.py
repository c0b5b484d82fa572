"""The file that goes to the bank, and the file that comes back: CSV or xlsx, read by the names of their columns.

The bank returns one row a payment: our reference, what became of it, and its own reference or reason. Every bank calls the
columns its own way; what is understood is listed here and told to whoever uploads another file.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yingshang.accounts.models import localized
from yingshang.cases import sheets
from yingshang.cases.errors import Invalid
from yingshang.policies.models import Payment, PaymentBatch

HEADER = ("付款流水号", "收款户名", "收款账号", "开户银行", "金额(元)", "用途", "批次号")
#: What the bank's columns may be called.
COLUMNS = {
    "reference": ("付款流水号", "流水号", "客户流水号", "reference"),
    "result": ("结果", "交易结果", "处理结果", "状态", "result"),
    "amount": ("金额(元)", "金额", "交易金额", "amount"),
    "bank_reference": ("银行流水号", "交易流水号", "bank reference"),
    "reason": ("失败原因", "退回原因", "原因", "备注", "reason"),
}
RESULTS = {
    "paid": ("成功", "已付", "交易成功", "paid", "success"),
    "failed": ("失败", "退回", "退票", "交易失败", "failed", "returned"),
}
#: A bank's file of this many rows is none of ours.
MOST_ROWS = 20_000
#: An amount as banks write it. What Python also takes for a number may have a thousand million digits once it is told.
_AMOUNT = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,20})?")


def digest(content: bytes) -> str:
    """SHA-256 of a file, in hex."""
    return hashlib.sha256(content).hexdigest()


def written(batch: PaymentBatch, payments: Sequence[Payment]) -> bytes:
    """The batch as CSV (UTF-8 with a mark, as office programs expect); the same batch gives the same bytes."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(HEADER)
    for p in payments:
        # Quoted and behind a tab, no spreadsheet takes an account for a number or a name for a formula.
        rows.writerow([p.reference, _text(p.payee_name), f"\t{p.payee_account}", _text(p.payee_bank),
                       f"{p.amount:.2f}", "政策兑付", batch.number])  # fmt: skip
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _text(value: str) -> str:
    return f"'{value}" if value[:1] in "=+-@\t" else value


#: What can be wrong with a row of the bank's file, by the code that is stored.
PROBLEMS = {
    "result": gettext_lazy("看不懂结果「%(r)s」"),
    "amount": gettext_lazy("看不懂金额「%(a)s」"),
    "no_amount": gettext_lazy("金额一栏空着,不能记为已付"),
    "formula": gettext_lazy("有公式或错误值,请粘贴为数值"),
    "no_reference": gettext_lazy("没有付款流水号"),
    "twice": gettext_lazy("同一文件里出现两次"),
    "unknown": gettext_lazy("本批次没有这个付款流水号"),
    "differs": gettext_lazy("金额 %(a)s 与付款金额 %(b)s 不符"),
    "state": gettext_lazy("此笔现为「%(s)s」"),
}


@dataclass(frozen=True)
class Problem:
    """What is wrong with a row: a code of :data:`PROBLEMS`, and the values that the sentence names."""

    code: str
    about: Mapping[str, str] = field(default_factory=dict)


def told(code: str, about: Mapping[str, str]) -> str:
    """A problem in the reader's language; what is no code is the sentence itself."""
    if code not in PROBLEMS:
        return code
    values = dict(about)
    if code == "state":
        values["s"] = str(Payment.State(values["s"]).label)
    return str(PROBLEMS[code]) % values


@dataclass(frozen=True)
class Answer:
    """One row of the bank's file; ``problem`` where it cannot be understood."""

    row: int
    reference: str
    result: str
    amount: Decimal | None
    bank_reference: str
    reason: str
    content: dict[str, str]
    problem: Problem | None = None


def answers(content: bytes) -> list[Answer]:
    """The rows of a return file; what it is, its bytes decide.

    Raises:
        Invalid: no CSV or xlsx, damaged (with the row), no rows, too many, or columns that are needed are missing.
    """
    with tempfile.NamedTemporaryFile() as held:
        held.write(content)
        held.flush()
        try:
            table = list(islice(sheets.rows(Path(held.name)), MOST_ROWS + 2))
        except sheets.BadFile as error:
            raise _refused(localized(error.zh, error.en)) from None
    heading = table[0][1] if table else []
    plain = [c.casefold() for c in heading]
    at = {key: _place(plain, names) for key, names in COLUMNS.items()}
    needed = [COLUMNS[k][0] for k in ("reference", "result") if at[k] is None]
    if needed:
        raise _refused(_("文件里没有这些列:%(c)s") % {"c": "、".join(needed)})
    if not 1 < len(table) <= MOST_ROWS + 1:
        raise _refused(_("文件须有 1 到 %(n)d 行数据") % {"n": MOST_ROWS})
    return [_answer(number, row, heading, at, wrong) for number, row, wrong in table[1:]]


def _refused(said: str) -> Invalid:
    return Invalid(said, fields={"file": said})


def _place(header: list[str], names: Sequence[str]) -> int | None:
    return next((header.index(n.casefold()) for n in names if n.casefold() in header), None)


def _answer(
    number: int, row: Sequence[str], header: Sequence[str], at: dict[str, int | None], wrong: Collection[int]
) -> Answer:
    def cell(key: str) -> str:
        place = at[key]
        return row[place].strip().strip("'") if place is not None and place < len(row) else ""

    content = {h: c for h, c in zip(header, row, strict=False) if h}
    said = cell("result").casefold()
    result = next((r for r, words in RESULTS.items() if said in words), "")
    problem = None if result else Problem("result", {"r": cell("result")[:100]})
    amount = None
    if text := cell("amount").replace(",", ""):
        amount = Decimal(text) if _AMOUNT.fullmatch(text) else None
        if amount is None:
            problem = problem or Problem("amount", {"a": text[:100]})
    elif at["amount"] is not None and result == "paid":
        problem = Problem("no_amount")
    if any(place in wrong for place in at.values()):
        problem = Problem("formula")
    if not cell("reference"):
        problem = Problem("no_reference")
    return Answer(
        number, cell("reference"), result, amount, cell("bank_reference")[:80], cell("reason")[:300], content, problem
    )
