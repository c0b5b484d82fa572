"""Files of a case: checked by size and by what they really are, stored by content, served only as downloads."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from pathlib import Path
from typing import IO

import filetype
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from yingshang.accounts.models import Person
from yingshang.cases import archives, events, workflow
from yingshang.cases.actions._base import done_before, lock
from yingshang.cases.errors import Invalid
from yingshang.cases.models import Case, Document, Task

#: Extension → media types that the content may turn out to be. Nothing that a browser would run.
ALLOWED: dict[str, set[str]] = {
    ".pdf": {"application/pdf"},
    ".jpg": {"image/jpeg"},
    ".jpeg": {"image/jpeg"},
    ".png": {"image/png"},
    ".docx": {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/zip"},
    ".xlsx": {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/zip"},
    ".pptx": {"application/vnd.openxmlformats-officedocument.presentationml.presentation", "application/zip"},
    ".doc": {"application/msword", "application/x-ole-storage"},
    ".xls": {"application/vnd.ms-excel", "application/x-ole-storage"},
    ".zip": {"application/zip"},
    ".mp4": {"video/mp4"},
    ".txt": {"text/plain"},
    ".csv": {"text/plain"},
}
PER_CASE = 50
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def clean_name(name: str) -> str:
    """A file name without path, control characters or bidirectional tricks, at most 120 characters."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in base if unicodedata.category(c)[0] != "C").strip(" .")
    stem, dot, ext = kept.rpartition(".")
    return f"{(stem or ext)[:110]}{dot if stem else ''}{ext[:10] if stem else ''}" or "file"


def media_type(name: str, head: bytes) -> str:
    """What the content is, if that fits the extension.

    Raises:
        Invalid: the extension is not accepted, or the content is something else.
    """
    ext = os.path.splitext(name)[1].lower()
    if ext not in ALLOWED:
        raise Invalid(
            _("不接受 %(e)s 文件,请上传 PDF、图片、Office 文档、压缩包或 MP4。") % {"e": ext or _("无扩展名的")},
            fields={"file": _("文件类型不支持")},
        )
    if ext in (".txt", ".csv"):
        if b"\0" in head:
            raise Invalid(_("%(n)s 不是文本文件。") % {"n": name}, fields={"file": _("内容与扩展名不符")})
        return "text/plain"
    guess = filetype.guess(head)
    found = guess.mime if guess else ("application/x-ole-storage" if head.startswith(_OLE) else "")
    if found not in ALLOWED[ext]:
        raise Invalid(
            _("%(n)s 的内容与扩展名不符,请用原程序另存后再上传。") % {"n": name},
            fields={"file": _("内容与扩展名不符")},
        )
    return found


def path_of(sha256: str) -> Path:
    return Path(settings.HOME) / "uploads" / sha256[:2] / sha256


def _store(name: str, stream: IO[bytes]) -> tuple[str, int, str]:
    """Write the stream under its SHA-256, unless it is refused; return digest, size and media type."""
    folder = Path(settings.HOME) / "uploads" / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    digest, size, head = hashlib.sha256(), 0, b""
    temporary = folder / f"{os.getpid()}-{os.urandom(8).hex()}"
    try:
        with open(temporary, "xb") as out:
            while chunk := stream.read(1 << 20):
                head = head or chunk[:8192]
                size += len(chunk)
                if size > settings.UPLOAD_MAX_BYTES:
                    raise Invalid(
                        _("文件超过 %(m)d MB,请压缩或拆分后上传。") % {"m": settings.UPLOAD_MAX_BYTES >> 20},
                        fields={"file": _("文件过大")},
                    )
                digest.update(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        if size == 0:
            raise Invalid(_("文件是空的。"), fields={"file": _("文件是空的")})
        found = media_type(name, head)
        extension = os.path.splitext(name)[1].lower()
        if extension == ".zip" or extension in archives.OFFICE:
            with open(temporary, "rb") as written:
                archives.inspect(name, extension, written)
        target = path_of(digest.hexdigest())
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(temporary, target)
        return digest.hexdigest(), size, found
    finally:
        temporary.unlink(missing_ok=True)


def attach(
    case: Case,
    actor: Person | None,
    *,
    name: str,
    stream: IO[bytes],
    kind: str = "",
    public: bool = True,
    task: Task | None = None,
    key: str | None = None,
) -> Document:
    """Attach a file to a case; the same content under the same name is attached once.

    Raises:
        Invalid: too large, empty, of a kind that is not accepted, or the case has too many files.
    """
    cleaned = clean_name(name)
    sha256, size, found = _store(cleaned, stream)
    with transaction.atomic():
        locked = lock(case)
        held = Document.objects.filter(case=locked, sha256=sha256, name=cleaned).first()
        if held or done_before(key):
            return held or Document.objects.filter(case=locked).latest("id")
        workflow.require("document", locked, actor)
        if locked.documents.count() >= PER_CASE:
            raise Invalid(_("一个办件最多 %(n)d 个文件,请打包后上传。") % {"n": PER_CASE})
        document = Document.objects.create(
            case=locked,
            task=task,
            kind=kind,
            name=cleaned,
            media_type=found,
            size=size,
            sha256=sha256,
            public=public or not (actor and actor.is_official),
            uploaded_by=actor,
        )
        events.write(locked, "document", actor, key=key, public=document.public, name=cleaned, size=size, sha256=sha256)
        locked.save(update_fields=["events_count"])
    return document
