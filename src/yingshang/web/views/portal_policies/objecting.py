"""The form of an objection to a public notice."""

from django import forms
from django.utils.translation import gettext_lazy as _

from yingshang.web.views.desk_fields import DeskForm


class ObjectionForm(DeskForm):
    """Who objects, how to reach them, and what is wrong."""

    name = forms.CharField(label=_("姓名或单位名称"), max_length=60, help_text=_("实名提出,只有核实的人看得到。"))
    contact = forms.CharField(label=_("联系方式"), max_length=80)
    text = forms.CharField(label=_("有什么不对"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
