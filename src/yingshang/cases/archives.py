"""Looking into ZIP files, which Office files are too: nothing is unpacked, the directory at the end says enough."""

from __future__ import annotations

import zipfile
from typing import IO

from django.utils.translation import gettext as _

from yingshang.cases.errors import Invalid

#: Extension → a part that an Office file of this kind has.
OFFICE = {".docx": "word/document.xml", ".xlsx": "xl/workbook.xml", ".pptx": "ppt/presentation.xml"}
#: More than this, once unpacked, is not a document but an attack on whoever opens it.
MOST_UNPACKED = 200 << 20
MOST_FILES = 5_000


def inspect(name: str, extension: str, file: IO[bytes]) -> None:
    """Refuse an archive that is broken, unpacks to far more than it is, or is not the Office file it is called.

    Args:
        name: for the sentence that says what is wrong.
        extension: in lower case, with its dot.
        file: seekable.

    Raises:
        Invalid: what is wrong with it.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise _invalid(_("%(n)s 打不开,可能已损坏,请重新生成后再上传。") % {"n": name}) from None
    if len(parts) > MOST_FILES or sum(p.file_size for p in parts) > MOST_UNPACKED:
        raise _invalid(_("%(n)s 解压后过大,请拆分后上传。") % {"n": name})
    if extension not in OFFICE:
        return
    held = {p.filename for p in parts}
    if not {"[Content_Types].xml", OFFICE[extension]} <= held:
        raise _invalid(_("%(n)s 的内容与扩展名不符,请用原程序另存后再上传。") % {"n": name})
    if any(p.lower().endswith("vbaproject.bin") for p in held):
        raise _invalid(_("%(n)s 含有宏,请另存为不含宏的文件后再上传。") % {"n": name})


def _invalid(message: str) -> Invalid:
    return Invalid(message, fields={"file": message})
