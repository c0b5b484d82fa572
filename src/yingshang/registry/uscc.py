"""The unified social credit code (GB 32100-2015): checked here for people, and by a CHECK constraint for everything."""

from __future__ import annotations

from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, InvalidComponent, InvalidFormat, InvalidLength, ValidationError

from yingshang.accounts.models import localized


class CodeError(ValueError):
    """A code that is not a valid 统一社会信用代码; says what is wrong and how to mend it, in the reader's language."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh)
        self.zh, self.en = zh, en

    def __str__(self) -> str:
        return localized(self.zh, self.en)


def normalize(code: str) -> str:
    """Return the code in its 18-character form.

    Raises:
        CodeError: length, characters, registration code or check digit are wrong.
    """
    try:
        return str(uscc.validate(code.strip().upper()))
    except InvalidLength:
        found = len(code.strip())
        raise CodeError(
            f"统一社会信用代码应为 18 位,现为 {found} 位,请对照营业执照核对",
            f"a credit code has 18 characters, this one has {found}: compare it with the business licence",
        ) from None
    except InvalidFormat:
        raise CodeError(
            "统一社会信用代码只含数字和大写字母(不含 I、O、S、V、Z),请检查是否误输",
            "a credit code holds digits and capital letters other than I, O, S, V and Z: check for a slip",
        ) from None
    except InvalidChecksum:
        raise CodeError(
            "统一社会信用代码校验位不符,多半有一位抄错,请对照营业执照逐位核对",
            "the check digit does not fit, so one character is probably wrong: compare it with the business licence",
        ) from None
    except (InvalidComponent, ValidationError):
        raise CodeError(
            "统一社会信用代码的登记管理部门或机构类别代码无效,请对照营业执照核对",
            "no such registration authority or kind of organisation: compare the code with the business licence",
        ) from None
