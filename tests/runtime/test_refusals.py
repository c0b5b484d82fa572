"""Production does not start with settings or accounts that everybody knows."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from yingshang.accounts.models import Membership, Person, Role, Unit
from yingshang.runtime import refusals

SOUND = {
    "YINGSHANG_SECRET_KEY": "Vw3q9ZtB0yRkXo2LmS8dUeH1cGfJ5pNa7iTzKxQb4vMsWhYrDlCgE6uAjP",
    "YINGSHANG_ALLOWED_HOSTS": "yingshang.example.gov.cn",
    "YINGSHANG_TLS": "proxy",
}


def abouts(environment: dict[str, str]) -> list[str]:
    return [r.about for r in refusals.of_environment(environment)]


def test_sound_settings_pass() -> None:
    assert abouts(SOUND) == []


def test_nothing_set_names_everything() -> None:
    assert abouts({}) == ["YINGSHANG_SECRET_KEY", "YINGSHANG_ALLOWED_HOSTS", "YINGSHANG_TLS"]


@pytest.mark.parametrize("key", ["", "demo-only-key-refused-by-yingshang-serve", "short", "a" * 60])
def test_weak_keys(key: str) -> None:
    assert abouts(SOUND | {"YINGSHANG_SECRET_KEY": key}) == ["YINGSHANG_SECRET_KEY"]


def test_the_demo_key_of_the_settings_is_the_one_refused() -> None:
    from yingshang import settings

    (refusal,) = refusals.of_environment(SOUND | {"YINGSHANG_SECRET_KEY": settings.DEMO_SECRET_KEY})
    assert "演示密钥" in refusal.zh and "demo key" in refusal.en


@pytest.mark.parametrize("hosts", ["", "*", "a.example,*", " , "])
def test_open_hosts(hosts: str) -> None:
    assert abouts(SOUND | {"YINGSHANG_ALLOWED_HOSTS": hosts}) == ["YINGSHANG_ALLOWED_HOSTS"]


def test_direct_tls_needs_certificate_and_key(tmp_path: Path) -> None:
    direct = SOUND | {"YINGSHANG_TLS": "direct"}
    assert abouts(direct) == ["YINGSHANG_TLS_CERT", "YINGSHANG_TLS_KEY"]
    for name in ("cert", "key"):
        (tmp_path / name).write_text("PEM")
        direct[f"YINGSHANG_TLS_{name.upper()}"] = str(tmp_path / name)
    assert abouts(direct) == []


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://postgres:postgres@db.example/yingshang?sslmode=require",
        "postgresql://ys:ys@localhost/yingshang",
        "postgresql://ys:Bq8-vX2_kLw@db.example/yingshang",
        "postgresql://ys:Bq8-vX2_kLw@10.0.0.9/yingshang?sslmode=prefer",
        "nonsense",
    ],
)
def test_weak_databases(url: str) -> None:
    assert abouts(SOUND | {"DATABASE_URL": url}) == ["DATABASE_URL"]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ys:Bq8-vX2_kLw@db.example/yingshang?sslmode=verify-full",
        "postgresql://ys:Bq8-vX2_kLw@127.0.0.1/yingshang",
        "postgresql://ys:Bq8-vX2_kLw@/yingshang?host=/run/postgresql",
    ],
)
def test_sound_databases(url: str) -> None:
    assert abouts(SOUND | {"DATABASE_URL": url}) == []


@pytest.mark.django_db
def test_demo_accounts_and_default_passwords() -> None:
    assert refusals.of_database() == []
    Person.objects.create_user("zhao", password="Kan-Qiantang-2023", kind="official", name="赵", demo=True)
    root = Person.objects.create_user("root", password="admin123", kind="official", name="管理员", is_superuser=True)
    unit = Unit.objects.create(code="q", kind="district", name="钱塘区", path="/1/")
    named = Person.objects.create_user("wang", password="wang", kind="official", name="王")
    Membership.objects.create(person=named, unit=unit, role=Role.ADMINISTRATOR, since="2023-01-01")
    sound = Person.objects.create_user("li", password="Lq-93-kx-Vb-21", kind="official", name="李", is_superuser=True)
    found = [r.about for r in refusals.of_database()]
    assert len(found) == 3
    assert "演示账号" in found[0] and "zhao" in found[0]
    assert "root" in found[1] and "wang" in found[2]
    root.set_password("Yx-82-mm-Qd-40")
    root.save()
    assert [r.about for r in refusals.of_database()] == [found[0], found[2]]
    assert sound.username not in "".join(found)


def test_serve_tells_what_to_set_and_touches_nothing(tmp_path: Path) -> None:
    home = tmp_path / "var"
    clean = {k: v for k, v in os.environ.items() if not k.startswith("YINGSHANG_") and k != "DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "-m", "yingshang.runtime.cli", "serve"],
        env={**clean, "YINGSHANG_HOME": str(home)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    for name in ("YINGSHANG_SECRET_KEY", "YINGSHANG_ALLOWED_HOSTS", "YINGSHANG_TLS"):
        assert name in done.stderr
    assert not home.exists()


def test_serve_refuses_the_home_of_a_demo(tmp_path: Path) -> None:
    (tmp_path / "mode").write_text("demo\n")
    clean = {k: v for k, v in os.environ.items() if not k.startswith("YINGSHANG_") and k != "DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "-m", "yingshang.runtime.cli", "serve"],
        env={**clean, **SOUND, "YINGSHANG_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "demo" in done.stderr and "Traceback" not in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["mode"]
