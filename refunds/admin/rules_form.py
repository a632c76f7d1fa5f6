"""The rules as fields, and the fields as rules again. What may stand in them `rule_errors` says."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext, gettext_lazy
from unfold import widgets

from importers.admin.forms import day, long_text, text
from refunds.admin import says
from refunds.domain.rules import ClockKey, Confidence, Takes, parse_rules, rule_errors
from refunds.models.labels import CLOCKS, CONFIDENCES, TAKES, cape_phase

MOST_PHASES = 20
PREFIXES = gettext_lazy("HTS headings whose duty is refunded")
DATES = gettext_lazy("Entry dates that are covered")
TYPES = gettext_lazy("Entry types that are left out")
DAYS_AFTER = gettext_lazy("Days after liquidation")
SOURCE = gettext_lazy("Source")
CONFIDENCE = gettext_lazy("How sure it is")
# Where `rule_errors` places what is wrong, and which field that is.
PLACES = {
    "as_of": "as_of",
    "prefixes.values": "prefixes",
    "entry_dates": "last_entry",
    "entry_dates.from": "first_entry",
    "entry_dates.to": "last_entry",
    "excluded_types.values": "excluded_types",
    **{f"{part}.{name}": f"{part}_{name}" for part in ("prefixes", "entry_dates", "excluded_types")
       for name in ("source", "confidence")},
    **{f"clocks.{key}.{name}": f"{key}_{name}" for key in ClockKey for name in ("days", "source", "confidence")},
}  # fmt: skip


def choices(labels: Mapping[Any, Any]) -> list[tuple[str, Any]]:
    return [(str(key), label) for key, label in labels.items()]


def source() -> forms.CharField:
    return text(SOURCE, required=True, length=300)


def confidence() -> forms.ChoiceField:
    kind = widgets.UnfoldAdminSelectWidget
    return forms.ChoiceField(label=CONFIDENCE, choices=choices(CONFIDENCES), initial=Confidence.LOW, widget=kind)


class LinesField(forms.CharField):
    """Browsers end lines otherwise than they were given."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return listed(str(initial or "")) != listed(str(data or ""))


def lines(label: Any, *, required: bool, help_text: Any) -> forms.CharField:
    box = widgets.UnfoldAdminTextareaWidget(attrs={"rows": 4})
    return LinesField(label=label, required=required, max_length=1000, help_text=help_text, widget=box)


def listed(value: str) -> list[str]:
    """One a line; commas and spaces do as well."""
    return list(dict.fromkeys(re.findall(r"[^\s,;]+", value)))


@dataclass(frozen=True, slots=True)
class Part:
    """What the page folds up: `says` is how the rule stands now. What was changed, or is wrong, is open."""

    title: Any
    says: str
    fields: list[BoundField]
    is_open: bool


class PhaseForm(forms.Form):
    """A row that is left empty is none."""

    key = text(gettext_lazy("Short name"), length=30, help_text=gettext_lazy("Small letters and digits, like phase-4"))
    opens = day(gettext_lazy("Opens"), required=False, help_text=gettext_lazy("Empty while no date is known"))
    takes = forms.MultipleChoiceField(
        label=gettext_lazy("Takes entries that are"),
        choices=choices(TAKES),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    types = text(gettext_lazy("Of these types only"), help_text=gettext_lazy("Like 01, 02, 06. Empty: of all types"))
    source = text(SOURCE, length=300)
    confidence = confidence()

    @property
    def is_left_out(self) -> bool:
        cleaned = getattr(self, "cleaned_data", {})
        return bool(cleaned.get("DELETE")) or not any(cleaned.get(name) for name in ("key", "opens", "takes", "source"))

    def content(self) -> dict[str, Any]:
        data = self.cleaned_data
        opens: date | None = data.get("opens")
        return {
            "key": data.get("key", ""),
            "opens": opens.isoformat() if opens else None,
            "takes": [str(kind) for kind in Takes if kind in data.get("takes", [])],
            "types": listed(data.get("types", "")),
            "source": data.get("source", ""),
            "confidence": data.get("confidence", ""),
        }


PhaseForms = forms.formset_factory(
    PhaseForm, extra=1, can_delete=True, max_num=MOST_PHASES, absolute_max=MOST_PHASES + 1, validate_max=True
)


class RulesForm(forms.Form):
    """`phases` are rows of their own. `seen` is the version that was on the page: nobody writes past another."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    note = long_text(gettext_lazy("What changes, and why"), length=500)
    as_of = day(
        gettext_lazy("Last checked on"), help_text=gettext_lazy("The day on which you checked all of these rules.")
    )
    prefixes = lines(PREFIXES, required=True, help_text=gettext_lazy("One a line, 4 to 10 digits without points."))
    prefixes_source, prefixes_confidence = source(), confidence()
    first_entry, last_entry = day(gettext_lazy("First day")), day(gettext_lazy("Last day"))
    entry_dates_source, entry_dates_confidence = source(), confidence()
    excluded_types = lines(TYPES, required=False, help_text=gettext_lazy("One a line, two digits each."))
    excluded_types_source, excluded_types_confidence = source(), confidence()

    def __init__(self, data: Any = None, *, content: Mapping[str, Any], seen: int) -> None:
        super().__init__(data, initial=_initial(content) | {"seen": seen})
        self.stands = content
        for key in ClockKey:
            self.fields[f"{key}_days"] = forms.IntegerField(
                label=DAYS_AFTER, widget=widgets.UnfoldAdminIntegerFieldWidget
            )
            self.fields[f"{key}_source"], self.fields[f"{key}_confidence"] = source(), confidence()
        phases = [_phase_initial(row) for row in content["phases"]]
        self.phases = PhaseForms(data, initial=phases, prefix="phase")

    def parts(self) -> Iterator[Part]:
        """The fields by what they are about, as the page shows them, with what holds now."""
        rules = parse_rules(self.stands, version=0)
        told = says.between(rules.first_entry, rules.last_entry)
        yield self._part(PREFIXES, says.listed(rules.prefixes), "prefixes", of="prefixes")
        yield self._part(DATES, told, "first_entry", "last_entry", of="entry_dates")
        yield self._part(TYPES, says.listed(sorted(rules.excluded_types)), "excluded_types", of="excluded_types")
        for key in ClockKey:
            yield self._part(CLOCKS[key], says.days_after(rules.days(key)), f"{key}_days", of=key)

    def phase_parts(self) -> Iterator[Part]:
        standing = parse_rules(self.stands, version=0).phases
        for place, form in enumerate(self.phases):
            phase = standing[place] if place < len(standing) else None
            title = cape_phase(phase.key) if phase else gettext("Another phase of CAPE")
            told = says.phase(phase.opens, phase.takes, sorted(phase.types)) if phase else gettext("none")
            yield Part(
                title, told, form.visible_fields(), is_open=form.is_bound and (form.has_changed() or bool(form.errors))
            )

    def _part(self, title: Any, told: str, *names: str, of: str) -> Part:
        fields = [self[name] for name in (*names, f"{of}_source", f"{of}_confidence")]
        touched = {*self.changed_data, *self.errors} if self.is_bound else set()
        return Part(title, told, fields, is_open=any(field.name in touched for field in fields))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.phases.is_valid() and not self.errors:
            self._check()
        return cleaned

    def _check(self) -> None:
        content = self.content()
        for violation in rule_errors(content):
            place, what = str(violation.params["place"]), gettext(str(violation.params["what"]))
            self._tell(place, what)
        if not self.errors and content == _compared(self.stands):
            self.add_error(None, gettext("Nothing is changed, not even the day on which the rules were checked."))

    def _tell(self, place: str, what: str) -> None:
        part, _point, rest = place.partition(".")
        if part != "phases":
            self.add_error(PLACES[place], what)
            return
        number, _point, name = rest.partition(".")
        if number and name in PhaseForm.base_fields:
            self._kept_phases()[int(number) - 1].add_error(name, what)
        self.add_error(None, f"{gettext('Phases')}: {what}" if not name else gettext("Look at the phases."))

    def _kept_phases(self) -> list[PhaseForm]:
        return [form for form in self.phases.forms if not form.is_left_out]

    def is_valid(self) -> bool:
        return super().is_valid() and self.phases.is_valid()

    def content(self) -> dict[str, Any]:
        """As it is kept (see domain/rules.SHIPPED_CONTENT)."""
        data = self.cleaned_data

        def told(part: str) -> dict[str, Any]:
            return {"source": data[f"{part}_source"], "confidence": data[f"{part}_confidence"]}

        return {
            "as_of": data["as_of"].isoformat(),
            "prefixes": {"values": listed(data["prefixes"])} | told("prefixes"),
            "entry_dates": {"from": data["first_entry"].isoformat(), "to": data["last_entry"].isoformat()}
            | told("entry_dates"),
            "excluded_types": {"values": listed(data["excluded_types"])} | told("excluded_types"),
            "clocks": {str(key): {"days": data[f"{key}_days"]} | told(key) for key in ClockKey},
            "phases": [form.content() for form in self._kept_phases()],
        }


def _compared(content: Mapping[str, Any]) -> dict[str, Any]:
    """As the form would write it, to be held against what it writes."""
    return {
        **content,
        "phases": [
            {**row, "types": row.get("types", []), "takes": [str(kind) for kind in Takes if kind in row["takes"]]}
            for row in content["phases"]
        ],
    }


def _phase_initial(row: Mapping[str, Any]) -> dict[str, Any]:
    opens = row.get("opens")
    return {**row, "types": ", ".join(row.get("types", [])), "opens": date.fromisoformat(opens) if opens else None}


def _initial(content: Mapping[str, Any]) -> dict[str, Any]:
    initial: dict[str, Any] = {
        "as_of": date.fromisoformat(content["as_of"]),
        "prefixes": "\n".join(content["prefixes"]["values"]),
        "first_entry": date.fromisoformat(content["entry_dates"]["from"]),
        "last_entry": date.fromisoformat(content["entry_dates"]["to"]),
        "excluded_types": "\n".join(content["excluded_types"]["values"]),
    }
    parts = {part: content[part] for part in ("prefixes", "entry_dates", "excluded_types")}
    for part, told in {**parts, **content["clocks"]}.items():
        initial |= {f"{part}_source": told["source"], f"{part}_confidence": told["confidence"]}
    return initial | {f"{key}_days": clock["days"] for key, clock in content["clocks"].items()}
