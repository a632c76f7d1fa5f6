"""What CBP paid: the list of all; of one importer what is expected against what came, where a payment is recorded."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold import widgets
from unfold.decorators import display

from importers.admin.base import StaffAdmin, row_of, staff
from importers.admin.forms import day, text
from importers.domain.errors import RuleViolation
from importers.models import ImporterOfRecord
from importers.wording import money, plain_date, violation_text
from refunds.domain.amount import typed_amount
from refunds.models import Payment
from refunds.services.payments import expected, is_of_claimed_entries, record, take_back


class DollarField(forms.DecimalField):
    """The page shows amounts as the reader's language writes them, and ACE shows them in American: both are read."""

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        try:
            return typed_amount(str(value))
        except RuleViolation as error:
            raise ValidationError(violation_text(error), code=error.code) from None


def dollars(label: Any, **options: Any) -> DollarField:
    box = widgets.UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"})
    return DollarField(label=label, max_digits=16, decimal_places=2, widget=box, **options)


class PaymentForm(forms.Form):
    paid_on = day(gettext_lazy("Paid on"))
    liquidation_date = day(
        gettext_lazy("For entries liquidated on"),
        required=False,
        help_text=gettext_lazy("CBP pays one sum for each liquidation date. Claimed entries of that date become paid."),
    )
    amount = dollars(gettext_lazy("Amount in USD, interest included"))
    interest = dollars(gettext_lazy("Of which interest"), required=False)
    note = text(gettext_lazy("Note"), length=300, help_text=gettext_lazy("No bank details."))
    is_another = forms.BooleanField(
        label=gettext_lazy("It is another payment"),
        help_text=gettext_lazy("Only if CBP paid the same amount for the same date twice."),
        required=False,
        widget=widgets.UnfoldBooleanWidget,
    )


@admin.register(Payment)
class PaymentAdmin(StaffAdmin):
    """Only read here: a payment is recorded, and taken back, on the page of its importer's expected deposits."""

    list_display = ("importer_", "paid", "liquidated", "amount_", "interest_", "note")
    list_filter = ("paid_on",)
    list_select_related = ("importer",)
    search_fields = ("importer__name", "note")
    search_help_text = gettext_lazy("Company or note")
    list_fullwidth = True

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.expected_view)
        back = path("<int:pk>/take-back/", self.admin_site.admin_view(taken_back), name="refunds_payment_take_back")
        return [path("importer/<int:pk>/", view, name="refunds_expected"), back, *super().get_urls()]

    @display(description=gettext_lazy("importer"), ordering="importer__name")
    def importer_(self, payment: Payment) -> str:
        return payment.importer.name

    @display(description=gettext_lazy("paid"), ordering="paid_on")
    def paid(self, payment: Payment) -> str:
        return plain_date(payment.paid_on)

    @display(description=gettext_lazy("of entries liquidated on"), ordering="liquidation_date")
    def liquidated(self, payment: Payment) -> str:
        return plain_date(payment.liquidation_date) if payment.liquidation_date else "–"

    @display(description=gettext_lazy("amount"), ordering="amount")
    def amount_(self, payment: Payment) -> str:
        return money(payment.amount)

    @display(description=gettext_lazy("interest"), ordering="interest")
    def interest_(self, payment: Payment) -> str:
        return "–" if payment.interest is None else money(payment.interest)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method != "GET":
            raise Http404
        payment = row_of(Payment.objects.all(), object_id)
        return HttpResponseRedirect(reverse("admin:refunds_expected", args=[payment.importer_id]))

    def expected_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        importer = get_object_or_404(ImporterOfRecord, pk=pk)
        form = PaymentForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                payment = record(importer, by=staff(request), **form.cleaned_data)
            except RuleViolation as error:
                form.add_error(None, violation_text(error))
            else:
                messages.success(request, _("Recorded: %(amount)s.") % {"amount": money(payment.amount)})
                if payment.liquidation_date and not is_of_claimed_entries(payment):
                    messages.warning(
                        request, _("No claimed entry was liquidated on that day. Look at the date in ACE.")
                    )
                return HttpResponseRedirect(request.path)
        context = {
            "title": _("Expected and paid: %(name)s") % {"name": importer.name},
            "opts": None,  # the heading is the title, not the list's name
            "importer": importer,
            "rows": expected(importer),
            "payments": Payment.objects.filter(importer=importer).select_related("recorded_by"),
            "form": form,
        }
        return self.page(request, "admin/refunds/expected.html", context)


def taken_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Who gets here without the button is led to it; pressed twice is as once."""
    payment = Payment.objects.select_related("importer").filter(pk=pk).first()
    if payment is None:
        return HttpResponseRedirect(reverse("admin:refunds_payment_changelist"))
    if request.method == "POST":
        take_back(payment, by=staff(request))
        messages.success(request, _("Taken back: %(amount)s.") % {"amount": money(payment.amount)})
    return HttpResponseRedirect(reverse("admin:refunds_expected", args=[payment.importer_id]))
