"""Synthetic credit codes are valid by the standard and by the database, all different, and of no real firm."""

import numpy as np
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from yingshang.registry.population.codes import synthetic
from yingshang.registry.uscc import CodeError, normalize


@given(st.integers(0, 31**6 - 1), st.booleans(), st.sampled_from(["330114", "110101", "659012"]))
def test_any_code_is_valid(serial: int, individual: bool, division: str) -> None:
    code = str(synthetic(np.array([serial]), np.array([individual]), division)[0])
    assert normalize(code) == uscc.validate(code) == code
    assert code[:8] == f"9{2 if individual else 1}{division}"


@given(st.integers(0, 31**6 - 1))
def test_the_organisation_code_inside_is_valid_by_its_own_standard(serial: int) -> None:
    """GB 11714-1997: the ninth character checks the eight before it, modulo 11."""
    code = str(synthetic(np.array([serial]), np.array([False]), "330114")[0])
    organisation = code[8:17]
    values = ["0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".index(c) for c in organisation[:8]]
    total = sum(v * w for v, w in zip(values, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    assert organisation[8] == "0123456789X0"[(11 - total % 11) % 11 if total % 11 != 1 else 10]


@given(st.integers(0, 31**6 - 1), st.integers(0, 17), st.integers(1, 30))
def test_one_wrong_character_is_noticed(serial: int, at: int, shift: int) -> None:
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    code = str(synthetic(np.array([serial]), np.array([False]), "330114")[0])
    wrong = code[:at] + alphabet[(alphabet.index(code[at]) + shift) % 31] + code[at + 1 :]
    with pytest.raises(CodeError):
        normalize(wrong)


def test_many_are_all_different_and_none_is_of_an_issued_series() -> None:
    codes = synthetic(np.arange(200_000), np.zeros(200_000, bool), "330114")
    assert len(set(codes.tolist())) == 200_000
    assert {c[8] for c in codes.tolist()} == {"Y"}


@pytest.mark.django_db
def test_the_database_agrees_on_ten_thousand() -> None:
    codes = synthetic(np.arange(10_000), np.arange(10_000) % 2 == 0, "330114").tolist()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM unnest(%s::text[]) AS code WHERE NOT uscc_valid(code)", [codes])
        assert cursor.fetchone() == (0,)
