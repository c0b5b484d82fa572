"""What ``yingshang serve`` refuses to serve with, each with what to do about it."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

DEFAULT_PASSWORDS = frozenset(
    "postgres password passwd root admin administrator yingshang changeme secret test demo django 123456 12345678 "
    "123456789 1234567890 qwerty abc123 admin123 admin@123 p@ssw0rd Passw0rd 888888 666666 111111 000000".split()
)
_SECRET_LENGTH = 50


@dataclass(frozen=True)
class Refusal:
    """One thing that must be set right first: the setting or object it is about, and the remedy in both languages."""

    about: str
    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.about}\n    {self.zh}\n    {self.en}"


def of_environment(environment: Mapping[str, str] = os.environ) -> list[Refusal]:
    """Return what is wrong with the settings; needs neither Django nor a database."""
    return [*_secret(environment), *_hosts(environment), *_tls(environment), *_database(environment)]


def of_database() -> list[Refusal]:
    """Return what is wrong with the accounts in the database; needs Django set up and the tables made."""
    from yingshang.accounts.models import Membership, Person, Role

    found = []
    demo = Person.objects.filter(demo=True)
    if count := demo.count():
        names = "、".join(demo.order_by("username").values_list("username", flat=True)[:5])
        found.append(
            Refusal(
                f"{count} 个演示账号 / demo accounts: {names}…",
                "这个数据库装过演示数据,请为正式运行另建数据库(换 YINGSHANG_HOME 或 DATABASE_URL)。",
                "This database holds demo data; give production its own (another YINGSHANG_HOME or DATABASE_URL).",
            )
        )
    powerful = Person.objects.filter(is_active=True, is_superuser=True) | Person.objects.filter(
        is_active=True,
        pk__in=Membership.objects.held().filter(role=Role.ADMINISTRATOR).values("person_id"),
    )
    for person in powerful.distinct().order_by("username"):
        if any(person.check_password(guess) for guess in (person.username, *sorted(DEFAULT_PASSWORDS))):
            found.append(
                Refusal(
                    f"管理员 {person.username} / administrator {person.username}",
                    f"仍在使用默认口令,请执行 yingshang manage changepassword {person.username}。",
                    f"still has a default password: run 'yingshang manage changepassword {person.username}'.",
                )
            )
    return found


def _secret(environment: Mapping[str, str]) -> list[Refusal]:
    key = environment.get("YINGSHANG_SECRET_KEY", "")
    make = "python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"
    if not key:
        zh, en = "未设置;请生成一个并妥善保管:", "is not set; make one and keep it safe:"
    elif key.startswith("demo-only"):
        zh, en = "是演示密钥,任何人都知道;请生成一个:", "is the demo key, which everybody knows; make your own:"
    elif len(key) < _SECRET_LENGTH or len(set(key)) < 10:
        zh, en = (
            f"太短或太简单(至少 {_SECRET_LENGTH} 个字符);请生成一个:",
            f"is too weak ({_SECRET_LENGTH} characters at least); make one:",
        )
    else:
        return []
    return [Refusal("YINGSHANG_SECRET_KEY", f"{zh}{make}", f"{en} {make}")]


def _hosts(environment: Mapping[str, str]) -> list[Refusal]:
    hosts = [h.strip() for h in environment.get("YINGSHANG_ALLOWED_HOSTS", "").split(",") if h.strip()]
    if hosts and "*" not in hosts:
        return []
    return [
        Refusal(
            "YINGSHANG_ALLOWED_HOSTS",
            "请写明网站的域名,多个用逗号分隔,不能用 *,例如 yingshang.example.gov.cn。",
            "name the site's host names, separated by commas and without *, e.g. yingshang.example.gov.cn.",
        )
    ]


def _tls(environment: Mapping[str, str]) -> list[Refusal]:
    mode = environment.get("YINGSHANG_TLS", "")
    if mode == "proxy":
        return []
    if mode != "direct":
        return [
            Refusal(
                "YINGSHANG_TLS",
                "请设为 proxy(前面的反向代理负责 HTTPS,并设置 X-Forwarded-Proto)或 direct(由本程序使用证书)。",
                "set it to proxy (a reverse proxy in front does HTTPS and sets X-Forwarded-Proto) or direct (we hold the certificate).",
            )
        ]
    return [
        Refusal(
            name,
            f"YINGSHANG_TLS=direct 需要它指向可读的{zh}文件(PEM)。",
            f"YINGSHANG_TLS=direct needs it to name a readable {en} file (PEM).",
        )
        for name, zh, en in [
            ("YINGSHANG_TLS_CERT", "证书", "certificate"),
            ("YINGSHANG_TLS_KEY", "私钥(PKCS#8)", "PKCS#8 private key"),
        ]
        if not os.access(Path(environment.get(name) or "/nonexistent"), os.R_OK)
    ]


def _database(environment: Mapping[str, str]) -> list[Refusal]:
    url = environment.get("DATABASE_URL", "")
    if not url:
        return []
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError as problem:
        return [Refusal("DATABASE_URL", f"不是有效的连接地址:{problem}", f"is not a valid connection URL: {problem}")]
    found = []
    password = str(parts.get("password") or environment.get("PGPASSWORD", ""))
    if password in DEFAULT_PASSWORDS or (password and password == parts.get("user")):
        found.append(
            Refusal(
                "DATABASE_URL",
                "数据库仍在使用默认口令,请先改掉。",
                "the database has a default password: change it first.",
            )
        )
    if _remote(str(parts.get("host") or "")) and parts.get("sslmode") in (None, "allow", "prefer"):
        found.append(
            Refusal(
                "DATABASE_URL",
                "数据库在另一台机器上,请写明 sslmode,例如 ?sslmode=verify-full。",
                "the database is on another machine: say how it is encrypted, e.g. ?sslmode=verify-full.",
            )
        )
    return found


def _remote(host: str) -> bool:
    if not host or host.startswith("/") or host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


def main() -> int:
    """Print the refusals of the database, a blank line between; for the supervisor, which does not load Django."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yingshang.settings")
    django.setup()
    found = of_database()
    print("\n\n".join(map(str, found)))
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
