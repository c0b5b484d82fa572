"""One JSON Schema validates a form on the page, in the API and in an import; errors name the field and the remedy."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from yingshang.accounts.models import localized
from yingshang.cases import catalog, procedures
from yingshang.cases.models import Case


@lru_cache(maxsize=512)
def _validator(scenario: str, form: str) -> Draft202012Validator:
    return Draft202012Validator(catalog.get(scenario).forms[form], format_checker=FormatChecker())


def check(spec: catalog.ScenarioSpec, form: str, data: Mapping[str, Any]) -> dict[str, str]:
    """Return field → what is wrong and how to mend it; empty when the data is valid or there is no such form."""
    if form not in spec.forms:
        return {}
    problems: dict[str, str] = {}
    for error in _validator(spec.id, form).iter_errors(dict(data)):
        field, message = _explain(error, spec.forms[form])
        problems.setdefault(field, message)
    return problems


def check_record(spec: catalog.ScenarioSpec, record: str, data: Mapping[str, Any]) -> dict[str, str]:
    """The same for a record type of the scenario."""
    schema = spec.records[record]
    problems: dict[str, str] = {}
    for error in Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(dict(data)):
        field, message = _explain(error, schema)
        problems.setdefault(field, message)
    return problems


def of_step(case: Case, step: str) -> str:
    """The form that a step of the diagram asks for (``ys:form``), or ``""``."""
    return procedures.definition(case.procedure_id).attributes(step).get("form", "")


def title_of(schema: Mapping[str, Any], field: str) -> str:
    prop = schema.get("properties", {}).get(field, {})
    return localized(str(prop.get("title", field)), str(prop.get("x-title-en", "")))


def _explain(error: ValidationError, schema: Mapping[str, Any]) -> tuple[str, str]:
    path = [str(p) for p in error.absolute_path]
    limit, value = error.validator_value, error.instance
    if error.validator == "required":
        missing = next((f for f in limit if f not in value), "")
        return ".".join([*path, missing]), _("请填写「%(f)s」") % {"f": title_of(schema, missing)}
    field = ".".join(path) or "_"
    name = title_of(schema, path[0]) if path else _("表单")
    match error.validator:
        case "additionalProperties":
            extra = ", ".join(sorted(set(value) - set(schema.get("properties", {}))))
            return field, _("没有这些字段:%(x)s") % {"x": extra}
        case "enum":
            return field, _("「%(f)s」只能是:%(v)s") % {"f": name, "v": "、".join(map(str, limit))}
        case "type":
            kinds = {
                "string": _("文字"),
                "number": _("数字"),
                "integer": _("整数"),
                "boolean": _("是或否"),
                "array": _("列表"),
                "object": _("表格"),
            }
            return field, _("「%(f)s」应为%(t)s") % {"f": name, "t": kinds.get(str(limit), str(limit))}
        case "minLength":
            return field, _("「%(f)s」至少 %(n)s 个字") % {"f": name, "n": limit}
        case "maxLength":
            return field, _("「%(f)s」至多 %(n)s 个字") % {"f": name, "n": limit}
        case "minimum" | "exclusiveMinimum":
            return field, _("「%(f)s」不能小于 %(n)s") % {"f": name, "n": limit}
        case "maximum" | "exclusiveMaximum":
            return field, _("「%(f)s」不能大于 %(n)s") % {"f": name, "n": limit}
        case "pattern" | "format":
            return field, _("「%(f)s」格式不对,请检查") % {"f": name}
        case "minItems":
            return field, _("「%(f)s」至少 %(n)s 项") % {"f": name, "n": limit}
    return field, _("「%(f)s」不符合要求:%(m)s") % {"f": name, "m": error.message[:120]}
