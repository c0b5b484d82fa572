"""A receipt is replayed from the file alone; one changed digit anywhere is found."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from tests.policies.house import House
from tests.policies.test_claims import settled
from yingshang.cases.errors import Conflict
from yingshang.policies import actions, keys, receipts, replay


@pytest.fixture
def receipt(house: House) -> bytes:
    return receipts.receipt(settled(house, house.passed()))[1]


def broken(content: bytes, trusted: str = "") -> str:
    """Code of the first thing that does not hold; ``""`` when everything does."""
    last = replay.verify(content, trusted=trusted)[-1]
    return "" if last.ok else last.code


def test_it_holds_and_says_what_was_looked_at(receipt: bytes) -> None:
    checks = replay.verify(receipt, trusted=keys.public_key())
    assert all(c.ok for c in checks), [c for c in checks if not c.ok]
    assert [c.code for c in checks][-3:] == ["model", "replay", "reckoning"]
    told = json.loads(receipt)
    assert told["amounts"] == {"by_rule": "100000.02", "due": "100000.02", "reasons": []}
    assert [p["step"] for p in told["people"]] == ["submitted", "unit_review", "finance_review"]
    assert told["facts"]["年度新增委托生产合同金额"]["source"] == "企业申报"
    assert told["about"]["synthetic"] is True and "6222020111112222333" not in receipt.decode()


def test_the_same_claim_gives_the_same_bytes(house: House) -> None:
    claim = settled(house, house.passed())
    assert receipts.receipt(claim) == receipts.receipt(type(claim).objects.get(pk=claim.pk))


def test_there_is_none_before_the_money(house: House) -> None:
    with pytest.raises(Conflict):
        receipts.receipt(house.claim())


def test_recognitions_and_capped_grants_have_receipts_too(house: House) -> None:
    claim = actions.submit_claim(house.world.firm1, house.title, house.business)
    claim = actions.review(claim, house.world.economy_officer2, outcome="pass")
    assert broken(receipts.receipt(claim)[1]) == ""
    actions.save_combination(None, "cap", "cap", [house.grant], amount=Decimal("12345.67"))
    capped = settled(house, house.confirmed())
    assert str(capped.amount) == "12345.67" and broken(receipts.receipt(capped)[1]) == ""


def test_one_changed_digit_anywhere_is_found(receipt: bytes) -> None:
    text = receipt.decode()
    places = [i for i, c in enumerate(text) if c.isdigit() and c.isascii()]
    rng = random.Random(4)
    for i in rng.sample(places, 150):
        changed = text[:i] + str((int(text[i]) + rng.randrange(1, 10)) % 10) + text[i + 1 :]
        assert broken(changed.encode()), text[max(0, i - 40) : i + 20]


@pytest.mark.parametrize(
    ("section", "change"),
    [
        ("about", lambda r: r["about"].update(period="2024")),
        ("rule", lambda r: r["rule"].update(xml=r["rule"]["xml"].replace("0.05", "0.06"))),
        ("facts", lambda r: r["facts"]["年度新增委托生产合同金额"].update(value="2000000.50")),
        ("trace", lambda r: r["trace"].update(name="别的")),
        ("amounts", lambda r: r["amounts"].update(due="100000.03")),
        ("people", lambda r: r["people"].pop()),
        ("payment", lambda r: r["payment"].update(payee="别人")),
        ("signature", lambda r: r["digests"].update(about="0" * 64)),
        ("signature", lambda r: r["signature"].update(algorithm="Ed25518")),
        ("signature", lambda r: r["signature"].update(note="1")),
    ],
)
def test_what_was_changed_is_named(receipt: bytes, section: str, change) -> None:  # type: ignore[no-untyped-def]
    told = json.loads(receipt)
    change(told)
    assert broken(json.dumps(told, ensure_ascii=False).encode()) == section


def resigned(receipt: bytes, change) -> bytes:  # type: ignore[no-untyped-def]
    """Changed by somebody who has the key and signs anew."""
    told = json.loads(receipt)
    change(told)
    told["digests"] = {name: replay.digest(told[name]) for name in replay.SECTIONS}
    told["signature"]["value"] = keys.signing_key().sign(replay.signed_part(told["digests"])).hex()
    return json.dumps(told, ensure_ascii=False).encode()


def test_even_signed_anew_the_reckoning_must_come_out(receipt: bytes) -> None:
    for code, change in {
        "model": lambda r: r["rule"].update(digest="0" * 64),
        "replay": lambda r: r["facts"]["年度新增委托生产合同金额"].update(value="3000000"),
        "reckoning": lambda r: r["amounts"].update(due="999999.00"),
    }.items():
        assert broken(resigned(receipt, change)) == code
    assert broken(resigned(receipt, lambda r: r["payment"].update(amount="1.00"))) == "reckoning"
    assert broken(resigned(receipt, lambda r: r["facts"]["与受托企业有投资关联"].update(value=True))) == "replay"


def test_another_key_is_not_the_districts(receipt: bytes) -> None:
    assert broken(receipt, trusted="0" * 64) == "key"


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff", b"{" * 100_000, b'{"format": 1.5}'])
def test_what_is_no_receipt_is_said_to_be_none(content: bytes) -> None:
    assert broken(content) == "format"


def test_on_the_command_line(receipt: bytes, tmp_path: Path) -> None:
    file = tmp_path / "receipt.json"
    file.write_bytes(receipt)
    command = [sys.executable, "-c", "from yingshang.runtime.cli import main; main()", "receipt", "verify", str(file)]
    done = subprocess.run([*command, "--key", keys.public_key()], capture_output=True, text=True)
    assert done.returncode == 0 and "✓ 重算结果一致" in done.stdout, done
    file.write_bytes(receipt.replace(b"100000.02", b"100000.03"))
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout.splitlines()[-1].startswith("✗")
