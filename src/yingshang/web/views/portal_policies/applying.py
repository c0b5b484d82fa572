"""The form of a claim: facts that nobody holds yet, where the money goes, and who benefits. Nothing else is asked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from yingshang.policies.actions.claiming import Payee
from yingshang.policies.models import Claim, Clause
from yingshang.policies.people import Beneficiary
from yingshang.policies.verdicts import Verdict
from yingshang.web.views.desk_fields import DeskForm
from yingshang.web.views.portal_policies.fields import PREFIX, FactsForm


def payee_fields(payee: Payee) -> dict[str, forms.Field]:
    """The fields for where the money goes."""
    digits = {"inputmode": "numeric", "autocomplete": "off"}
    return {
        "payee_name": forms.CharField(label=_("收款户名"), max_length=120, initial=payee.name),
        "payee_account": forms.CharField(
            label=_("收款账号"), max_length=40, initial=payee.account, widget=forms.TextInput(attrs=digits)
        ),
        "payee_bank": forms.CharField(label=_("开户银行"), max_length=120, initial=payee.bank),
    }


class PayeeForm(DeskForm):
    """Another account for a claim; the number is typed anew, the rest stands there to be confirmed."""

    def __init__(self, claim: Claim, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields |= payee_fields(Payee(name=claim.payee_name, bank=claim.payee_bank))
        self.dress()

    @property
    def payee(self) -> Payee:
        """What was typed."""
        data = self.cleaned_data
        return Payee(data["payee_name"], data["payee_account"], data["payee_bank"])


class ClaimForm(FactsForm):
    """Fields for what a verdict lacks and the enterprise may tell; for money an account, for people a person."""

    def __init__(self, verdict: Verdict, payee: Payee, *args: Any, **kwargs: Any) -> None:
        self.paid = verdict.clause.money == Clause.Money.BUDGET
        self.for_person = verdict.clause.subject == Clause.Subject.PERSON
        asked = [n for n in verdict.clause.ask if n in verdict.inputs and n not in verdict.facts]
        super().__init__(asked, *args, **kwargs)
        if self.for_person:
            people = {
                "person_name": forms.CharField(label=_("受益人姓名"), max_length=60),
                "person_id": forms.CharField(
                    label=_("受益人身份证号"),
                    max_length=18,
                    help_text=_("只用来核对是否重复申报,不保存全号。"),
                    widget=forms.TextInput(attrs={"autocomplete": "off"}),
                ),
            }
            self.fields = {**people, **self.fields}
        if self.paid:
            self.fields |= payee_fields(payee)
        self.dress()

    @property
    def payee(self) -> Payee | None:
        """Where the money is to go; None for a clause that pays none."""
        if not self.paid:
            return None
        data = self.cleaned_data
        return Payee(data["payee_name"], data["payee_account"], data["payee_bank"])

    @property
    def person(self) -> Beneficiary | None:
        """Who benefits; None for a clause about the business itself."""
        if not self.for_person:
            return None
        return Beneficiary(self.cleaned_data["person_name"], self.cleaned_data["person_id"])

    def take(self, problems: dict[str, str]) -> dict[str, str]:
        """Put what an action refused to the fields that it is about; returns what belongs to none."""
        rest = {}
        for name, said in problems.items():
            field = name if name in self.fields else f"{PREFIX}{name}"
            if field in self.fields:
                self.add_error(field, said)
            else:
                rest[name] = said
        return rest
