"""Whether a colleague gets the daily digest: everybody's own choice."""

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from importers.admin.base import staff
from importers.admin.forms import tick
from importers.services.digest import choose_digest


class DigestForm(forms.Form):
    wanted = tick(gettext_lazy("Send me the daily digest"))


def my_digest(request: HttpRequest) -> HttpResponse:
    me = staff(request)
    form = DigestForm(request.POST if request.method == "POST" else None, initial={"wanted": me.wants_digest})
    if form.is_valid():
        choose_digest(me, wanted=form.cleaned_data["wanted"])
        told = _("You get the daily digest.") if form.cleaned_data["wanted"] else _("You get no daily digest.")
        messages.success(request, told)
        return HttpResponseRedirect(request.path)
    context = admin.site.each_context(request) | {"title": _("Daily digest"), "form": form, "me": me}
    return TemplateResponse(request, "admin/importers/my_digest.html", context)
