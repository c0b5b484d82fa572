"""Posting to an address that a person typed in: only to public hosts, only over TLS, no redirects, little patience.

The name is resolved once and the connection goes to the very address that was checked, so a name that answers differently
the second time (DNS rebinding) gains nothing. In demo and test mode loopback addresses and plain HTTP are allowed.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

TIMEOUT = 10.0
#: Bytes of an answer that are looked at.
ANSWER_MOST = 2_000
PORTS = {443, 8443}


class Refused(ValueError):
    """An address that we do not post to; the message (zh / en) says why."""


class Undelivered(RuntimeError):
    """The other side could not be reached, or answered with something else than 2xx."""


def _lenient() -> bool:
    return settings.MODE in ("demo", "test")


def check(url: str) -> SplitResult:
    """What can be said of an address without asking the network.

    Raises:
        Refused: not https, a port of another service, a name and password, no host.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused("地址写法不对 / malformed address") from None
    if not parts.hostname:
        raise Refused("地址缺少主机名 / the address names no host")
    if parts.username or parts.password:
        raise Refused("地址里不能带用户名和密码 / no user name or password in the address")
    if any(c in url for c in "\r\n\t ") or "\\" in url:
        raise Refused("地址里有不允许的字符 / characters that an address must not hold")
    local = _lenient() and _is_loopback(parts.hostname)
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise Refused("只能使用 https 地址 / only https addresses")
    if port is not None and port not in PORTS and not local:
        raise Refused("只能使用 443 或 8443 端口 / only the ports 443 and 8443")
    return parts


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def address_of(host: str, port: int) -> str:
    """The address to connect to.

    Raises:
        Refused: any address of the name is not public (private, loopback, link-local, metadata services, mapped IPv4 …).
        Undelivered: the name does not resolve.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as e:
        raise Undelivered(f"{host}: {e}") from None
    addresses = [str(entry[4][0]).split("%")[0] for entry in found]
    for text in addresses:
        ip = ipaddress.ip_address(text)
        if isinstance(ip, ipaddress.IPv6Address):
            # An IPv4 address in any of its IPv6 disguises is judged as itself.
            ip = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or ip
        allowed = ip.is_global and not ip.is_multicast
        if not allowed and not (_lenient() and ip.is_loopback):
            raise Refused(f"{host} 指向内部地址 {text},不能作为接收地址 / {host} is an internal address")
    if not addresses:
        raise Undelivered(f"{host}: no address")
    return addresses[0]


class _Pinned(http.client.HTTPSConnection):
    """TLS for the name, to the address that was checked."""

    def __init__(self, host: str, port: int, address: str) -> None:
        super().__init__(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
        self._address = address

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)  # type: ignore[attr-defined]


class _PinnedPlain(http.client.HTTPConnection):
    def __init__(self, host: str, port: int, address: str) -> None:
        super().__init__(host, port, timeout=TIMEOUT)
        self._address = address

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Post ``body``; returns the status, which is 2xx.

    Raises:
        Refused: the address is not one we post to.
        Undelivered: no answer within :data:`TIMEOUT` seconds, or a status other than 2xx (redirects too).
    """
    parts = check(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = address_of(host, port)
    kind = _Pinned if parts.scheme == "https" else _PinnedPlain
    connection = kind(host, port, address)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body=body, headers=dict(headers))
        answer = connection.getresponse()
        said = answer.read(ANSWER_MOST)
    except (OSError, http.client.HTTPException, UnicodeError) as e:
        raise Undelivered(f"{type(e).__name__}: {e}") from None
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        raise Undelivered(f"HTTP {answer.status} {said[:120].decode('utf-8', 'replace')}")
    return answer.status
