"""The rules on the staff's pages: what holds, what would change, and saving it."""

from copy import deepcopy
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from importers.models import User
from refunds.domain.eligibility import Verdict
from refunds.domain.rules import SHIPPED_CONTENT
from refunds.models import Entry, RuleVersion
from refunds.services.verdicts import set_rules
from tests.factories import EntryFactory, StaffFactory

pytestmark = pytest.mark.django_db

LIST, ADD = "admin:refunds_ruleversion_changelist", "admin:refunds_ruleversion_add"


def typed(content: dict[str, Any] = SHIPPED_CONTENT, **fields: Any) -> dict[str, Any]:
    """The form as it is posted when these rules stand in it."""
    parts = {part: content[part] for part in ("prefixes", "entry_dates", "excluded_types")} | content["clocks"]
    data: dict[str, Any] = {
        "seen": 0,
        "note": "type 06 is out",
        "as_of": content["as_of"],
        "prefixes": "\r\n".join(content["prefixes"]["values"]),
        "first_entry": content["entry_dates"]["from"],
        "last_entry": content["entry_dates"]["to"],
        "excluded_types": "\r\n".join(content["excluded_types"]["values"]),
        "phase-TOTAL_FORMS": len(content["phases"]) + 1,
        "phase-INITIAL_FORMS": len(content["phases"]),
        f"phase-{len(content['phases'])}-confidence": "low",
    }
    data |= {f"{name}_{told}": part[told] for name, part in parts.items() for told in ("source", "confidence")}
    data |= {f"{key}_days": clock["days"] for key, clock in content["clocks"].items()}
    for place, phase in enumerate(content["phases"]):
        row = phase | {"opens": phase["opens"] or "", "types": ", ".join(phase.get("types", []))}
        data |= {f"phase-{place}-{name}": value for name, value in row.items()}
    return data | fields


WITHOUT_06 = {"excluded_types": "08\r\n09\r\n47\r\n06"}


def post(client: Client, **fields: Any) -> Any:
    return client.post(reverse(ADD), typed(**fields))


def errors(response: Any) -> dict[str, list[str]]:
    form = response.context["form"]
    found = {name: list(told) for name, told in form.errors.items()}
    for row in form.phases.forms:
        found |= {f"{row.prefix}-{name}": list(told) for name, told in row.errors.items()}
    return found


def test_each_rule_is_shown_with_its_source_and_how_sure_it_is(as_staff: Client) -> None:
    page = as_staff.get(reverse(LIST)).content.decode()
    assert "In force now: the rules as shipped" in page
    assert "17 September 2026" in page
    assert "80 days after liquidation" in page
    assert "CSMS 69035485" in page
    assert "no date is known; liquidated, past the days for CAPE" in page
    assert "not sure" in page
    assert "CAPE, phase 3" in page
    assert "phase-3" not in page
    assert '<span lang="en">CSMS 69035485</span>' in page


def test_the_form_begins_with_what_holds(as_staff: Client) -> None:
    content = deepcopy(SHIPPED_CONTENT)
    content["prefixes"]["values"] = ["990399"]
    set_rules(content, "other headings", by=StaffFactory())
    form = as_staff.get(reverse(ADD)).context["form"]
    assert (form["prefixes"].value(), form["cape_days"].value(), form["seen"].value()) == ("990399", 80, 1)
    assert [row["key"].value() for row in form.phases] == ["phase-1", "phase-2", "phase-3", None]


def test_what_would_change_is_shown_and_nothing_saved(as_staff: Client) -> None:
    entry = EntryFactory(entry_type="06")
    EntryFactory()
    response = post(as_staff, **WITHOUT_06)
    page = response.content.decode()
    assert "1 of 2 entries would change their status" in page
    assert entry.canonical in page
    assert entry.importer.name in page
    assert "Can be claimed now" in page
    assert "Not covered by CAPE" in page
    assert "$1,234.56" in page
    assert not RuleVersion.objects.exists()
    assert set(Entry.objects.values_list("verdict", flat=True)) == {Verdict.ELIGIBLE}


def test_the_preview_posts_all_that_was_typed(as_staff: Client, staff: User) -> None:
    """The boxes of a phase have one name together."""
    response = post(as_staff, **WITHOUT_06)
    data: dict[str, Any] = {}
    for name, value in response.context["typed"]:
        data.setdefault(name, []).append(value)
    assert data["phase-1-takes"] == ["unliquidated", "recent", "reconciliation"]
    response = as_staff.post(reverse(ADD), data | {"confirmed": "yes"})
    version = RuleVersion.objects.get()
    assert response["Location"] == reverse("admin:refunds_ruleversion_change", args=[version.pk])
    expected = deepcopy(SHIPPED_CONTENT)
    expected["excluded_types"]["values"].append("06")
    for phase in expected["phases"]:
        phase.setdefault("types", [])
    assert version.content == expected
    assert (version.note, version.created_by) == ("type 06 is out", staff)


def test_saving_judges_the_entries_and_the_version_tells_which(as_staff: Client) -> None:
    entry = EntryFactory(entry_type="06")
    post(as_staff, confirmed="yes", **WITHOUT_06)
    entry.refresh_from_db()
    assert entry.verdict == Verdict.EXCLUDED
    version = RuleVersion.objects.get()
    page = as_staff.get(reverse("admin:refunds_ruleversion_change", args=[version.pk])).content.decode()
    assert "1 entry changed its status" in page
    assert "type 06 is out" in page
    file = as_staff.get(reverse("admin:refunds_ruleversion_moves", args=[1]))
    assert f"{entry.number},eligible,excluded,1234.56" in file.content.decode()
    assert as_staff.get(reverse("admin:refunds_ruleversion_moves", args=[9])).status_code == 404


def test_one_can_go_back_to_the_form_with_what_was_typed(as_staff: Client) -> None:
    form = post(as_staff, back="yes", cape_days="90").context["form"]
    assert form["cape_days"].value() == "90"


def opened(response: Any) -> list[str]:
    form = response.context["form"]
    return [str(part.title) for part in (*form.parts(), *form.phase_parts()) if part.is_open]


def test_each_subject_is_folded_up_and_says_what_holds(as_staff: Client) -> None:
    response = as_staff.get(reverse(ADD))
    assert opened(response) == []
    page = response.content.decode()
    content = page[page.index('id="content"') :]
    assert content.count("<details") == 10
    for said in ("CAPE, phase 1", "80 days after liquidation", "4 February 2025 to 24 February 2026", "08, 09, 47"):
        assert said in content
    assert "phase-1" not in content.replace('value="phase-1"', "").replace("phase-1-", "")


def test_what_was_changed_or_is_wrong_is_open(as_staff: Client) -> None:
    changed = post(as_staff, back="yes", cape_days="90", **{"phase-1-types": "01"})
    assert opened(changed) == ["CAPE takes it until", "CAPE, phase 2"]
    assert "80 days after liquidation" in changed.content.decode(), "what holds, beside what was typed"
    wrong = post(as_staff, **{"phase-3-key": "A phase", "prefixes_source": ""})
    assert opened(wrong) == ["HTS headings whose duty is refunded", "Another phase of CAPE"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("note", ""),
        ("as_of", "soon"),
        ("prefixes", "9903.01"),
        ("prefixes", ""),
        ("prefixes_source", " "),
        ("entry_dates_confidence", "certain"),
        ("last_entry", "2025-01-01"),
        ("excluded_types", "8"),
        ("cape_days", "0"),
        ("protest_days", "many"),
        ("phase-0-key", "Phase 1"),
        ("phase-0-key", "paid"),
        ("phase-1-takes", ["reconciliation"]),
        ("phase-1-types", "1"),
        ("phase-2-source", ""),
        ("phase-2-opens", "32"),
        ("phase-3-key", "A phase"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(field: str, value: Any, as_staff: Client) -> None:
    found = errors(post(as_staff, confirmed="yes", **{field: value}))
    assert field in found
    assert all(all(told) for told in found.values())
    assert not RuleVersion.objects.exists()


def test_all_that_is_wrong_is_told_at_once(as_staff: Client) -> None:
    wrong = {"prefixes": "x", "excluded_types": "8", "cape_days": "0", "phase-0-key": "Phase 1", "phase-2-takes": []}
    assert wrong.keys() <= errors(post(as_staff, **wrong)).keys()


def test_two_phases_of_one_name_are_refused(as_staff: Client) -> None:
    found = errors(post(as_staff, **{"phase-1-key": "phase-1"}))
    assert "each only once" in found["__all__"][0]


def test_a_phase_is_added_and_another_left_out(as_staff: Client) -> None:
    fourth = {"key": "phase-4", "opens": "2027-02-01", "takes": ["late"], "types": "01, 03", "source": "CSMS 7"}
    added = {f"phase-3-{name}": value for name, value in fourth.items()}
    post(as_staff, confirmed="yes", **added, **{"phase-2-DELETE": "on"})
    phases = RuleVersion.objects.get().content["phases"]
    assert [phase["key"] for phase in phases] == ["phase-1", "phase-2", "phase-4"]
    assert phases[2] == fourth | {"types": ["01", "03"], "confidence": "low"}


def test_without_any_phase_nothing_can_be_claimed_so_it_is_refused(as_staff: Client) -> None:
    assert "__all__" in errors(post(as_staff, **{f"phase-{place}-DELETE": "on" for place in range(3)}))


def test_no_change_is_no_version(as_staff: Client) -> None:
    assert "Nothing is changed" in errors(post(as_staff, confirmed="yes"))["__all__"][0]
    assert post(as_staff, confirmed="yes", as_of="2026-11-26").status_code == 302


def test_who_wrote_on_older_rules_is_told(as_staff: Client) -> None:
    set_rules(SHIPPED_CONTENT, "looked again", by=StaffFactory())
    found = errors(post(as_staff, confirmed="yes", **WITHOUT_06))
    assert "version 1 holds now" in found["__all__"][0]
    assert RuleVersion.objects.count() == 1


def test_other_headings_are_said_to_wait_for_the_reports(as_staff: Client) -> None:
    assert "read the reports again" in post(as_staff, prefixes="990301").content.decode()
    assert "read the reports again" not in post(as_staff, **WITHOUT_06).content.decode()


def test_a_version_never_changes(as_staff: Client) -> None:
    version = set_rules(SHIPPED_CONTENT, "looked again", by=StaffFactory())
    address = reverse("admin:refunds_ruleversion_change", args=[version.pk])
    as_staff.post(address, {"note": "never mind"})
    version.refresh_from_db()
    assert version.note == "looked again"
    assert as_staff.get(reverse("admin:refunds_ruleversion_history", args=[version.pk])).status_code == 200
    assert as_staff.get(reverse("admin:refunds_ruleversion_delete", args=[version.pk])).status_code == 403
    assert as_staff.get(reverse("admin:refunds_ruleversion_change", args=["x"])).status_code == 404
