"""The list of importers: a page of rows in a number of queries that does not grow with the rows."""

import re
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, F, IntegerField, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Greatest
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.views import ChangeList

from importers.admin import words
from importers.admin.filters import FILTERS
from importers.admin.theme import firm_of
from importers.domain.checklist import Stage, evaluate
from importers.domain.consistency import Who
from importers.domain.errors import RuleViolation
from importers.domain.identifiers import NumberKind, parse_importer_number
from importers.models import ImporterAccess, ImporterOfRecord, MailState, Notification
from importers.models.importer import fingerprint
from importers.models.labels import label
from importers.wording import money, plain_date

# What is wrong first, then what waits for us, then the rest, and what is ready last.
URGENCY = Case(
    When(readiness__stage=Stage.PROBLEM, then=Value(0)),
    When(readiness__who=Who.BROKER, then=Value(1)),
    When(readiness__stage=Stage.READY, then=Value(3)),
    default=Value(2),
    output_field=IntegerField(),
)
# How letters that few keyboards have are written, as a pattern of the database.
ALIKE = (("å", "aa", "a"), ("æ", "ä", "ae"), ("ø", "ö", "oe", "o"), ("ü", "ue", "u"), ("ß", "ss"), ("é", "e"))
SPELLINGS = {
    letter: f"({'|'.join(dict.fromkeys(s for one in alike for s in (one, one.upper()) if len(one) == 1 or s == one))})"
    for alike in ALIKE
    for letter in alike
}
SPELT = re.compile("|".join(sorted(SPELLINGS, key=len, reverse=True)), re.IGNORECASE)
LONGEST_WAITING_FIRST = (URGENCY, F("readiness__changed_at").asc(), F("name").asc())


def rows() -> QuerySet[ImporterOfRecord]:
    """All importers, with everything that a row shows."""
    mails = Notification.objects.filter(importer=OuterRef("pk"), state=MailState.SENT).order_by("-sent_at")
    visits = ImporterAccess.objects.filter(importer=OuterRef("pk"), first_visit_at__isnull=False).order_by()
    return (
        ImporterOfRecord.objects.with_facts()
        .select_related("readiness", "assigned_to")
        .annotate(
            last_mail=Subquery(mails.values("sent_at")[:1]),
            last_visit=Subquery(
                visits.values("importer").annotate(at=Max(Greatest("user__last_login", "first_visit_at"))).values("at")
            ),
        )
    )


def fingerprints(text: str) -> list[str]:
    """Of every number that this text can be: nine digits may be an EIN or an SSN."""
    found = []
    for kind in (None, *NumberKind):
        try:
            found.append(fingerprint(parse_importer_number(text, kind)))
        except RuleViolation:
            continue
    return found


def without_suffix(text: str) -> str:
    """The EIN, if that is what this is, and nothing else is said behind it."""
    try:
        number = parse_importer_number(text, NumberKind.EIN)
    except RuleViolation:
        return ""
    return "" if number.suffix else number.base


def _named(text: str) -> Q:
    """Each word stands in the name of the company or of a person, whichever way the letters are written there."""
    found = Q()
    for word in text.split():
        pattern = SPELT.sub(lambda letters: SPELLINGS[letters[0].lower()], re.escape(word))
        found &= Q(name__iregex=pattern) | Q(contact_name__iregex=pattern) | Q(officer__name__iregex=pattern)
    return found


class ImporterChangeList(ChangeList):
    """Each row of the page gets its checklist, read from its prefetched facts."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        firm, today = firm_of(request), timezone.localdate()
        for row in self.result_list:
            row.checklist = evaluate(row.facts(firm, today))


class ImporterList:
    """The columns. Mixed into the page of the importers."""

    list_display = ("who_it_is", "stage", "holdup", "must_act", "case_of", "contact_with", "at_stake", "act_until")
    list_filter = FILTERS
    search_fields = ("name", "contact_name", "contact_email", "officer__name", "officer__email")
    search_help_text = gettext_lazy("Company, person, e-mail, importer number, or its last four characters")
    list_per_page = 50
    list_max_show_all = 200

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImporterOfRecord]:
        return rows()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ImporterChangeList

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return LONGEST_WAITING_FIRST

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ImporterOfRecord], search_term: str
    ) -> tuple[QuerySet[ImporterOfRecord], bool]:
        """A number in any spelling is found by its fingerprint, and an EIN with every suffix; four characters are taken
        for its end, too."""
        term = search_term.strip()
        number = Q(fingerprint__in=fingerprints(term))
        if ein := without_suffix(term):
            number |= Q(number_kind=NumberKind.EIN, number__startswith=ein)
        if (exact := queryset.filter(number)).exists():
            return exact, False
        found, twice = super().get_search_results(request, queryset, search_term)  # type: ignore[misc]
        if len(term) == 4 and term.isalnum():
            found |= queryset.filter(number_last4__iexact=term)
        if term:
            found |= queryset.filter(_named(term))
        return found, twice

    @display(description=gettext_lazy("importer"), ordering="name")
    def who_it_is(self, row: ImporterOfRecord) -> SafeString:
        return format_html(
            '<span class="pa-strong">{}</span><br><span class="pa-quiet pa-number">{}</span>',
            row.name,
            row.masked_number,
        )

    @display(description=gettext_lazy("stage"), ordering="readiness__stage")
    def stage(self, row: Any) -> SafeString:
        checklist = row.checklist
        stage = checklist.stage
        shown = render_to_string(
            "admin/importers/label.html",
            {"words": label(stage), "tone": words.STAGE_TONE.get(stage, "")},
        )
        done = _("%(done)s of %(total)s done") % {"done": checklist.done, "total": checklist.total}
        return format_html('<div>{}<br><span class="pa-quiet pa-nowrap">{}</span></div>', shown, done)

    @display(description=gettext_lazy("held up by"), ordering="readiness__blocker")
    def holdup(self, row: Any) -> SafeString:
        held = words.holdup(row.checklist)
        if not held["text"]:
            return format_html("{}", held["todo"] or held["step"] or "–")
        return format_html('<div>{}<br><span class="pa-quiet pa-clamp">{}</span></div>', held["step"], held["text"])

    @display(description=gettext_lazy("who must act"), ordering="readiness__changed_at")
    def must_act(self, row: Any) -> SafeString:
        who = words.holdup(row.checklist)["who"] or "–"
        return format_html('<div>{}<br><span class="pa-quiet">{}</span></div>', who, ago(row.readiness.changed_at))

    @display(description=gettext_lazy("assigned to"), ordering="assigned_to__name")
    def case_of(self, row: ImporterOfRecord) -> str:
        return str(row.assigned_to or "–")

    @display(description=gettext_lazy("mail and visit"), ordering="last_mail")
    def contact_with(self, row: Any) -> SafeString:
        mail = _ago(row.last_mail, _("mail {ago} ago"), _("mail just now"), _("no mail yet"))
        visit = _ago(row.last_visit, _("visit {ago} ago"), _("visit just now"), _("never visited"))
        return format_html('<div>{}<br><span class="pa-quiet">{}</span></div>', mail, visit)

    @display(description=gettext_lazy("possible refund"), ordering="readiness__at_stake")
    def at_stake(self, row: ImporterOfRecord) -> str:
        amount = row.readiness.at_stake
        return "–" if amount is None else money(amount)

    @display(description=gettext_lazy("act until"), ordering="readiness__act_until")
    def act_until(self, row: ImporterOfRecord) -> str:
        return plain_date(row.readiness.act_until) if row.readiness.act_until else "–"


def _ago(at: datetime | None, told: str, now: str, never: str) -> str:
    if at is None:
        return never
    return now if is_now(at) else format_html(told, ago=ago(at))


def is_now(at: datetime) -> bool:
    return timezone.now() - at < timedelta(minutes=1)


def ago(moment: Any) -> SafeString:
    """ "3 days" with the exact time on hover; one unit is enough for a list."""
    words_ = _("just now") if is_now(moment) else timesince(moment, depth=1)
    return format_html(
        '<time class="pa-nowrap" datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        timezone.localtime(moment).strftime("%Y-%m-%d %H:%M"),
        words_,
    )
