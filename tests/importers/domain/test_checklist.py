from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.domain.checklist import STEP_BY_KEY, STEPS, Stage, Status, evaluate, missing_for_4811
from importers.domain.consistency import Who
from importers.domain.facts import ACHStatus, Document, ExistingAccount, Form4811Facts, ImporterFacts, Route
from tests.samples_of_facts import FILED, OFFICER, complete, filed, fresh, own_account

BEFORE = {
    "company_confirmed": True,
    "officer": OFFICER,
    "existing_account": ExistingAccount.NO,
    "route": Route.FORM_4811,
}


def status(facts: ImporterFacts, key: str) -> Status:
    return evaluate(facts)[key].status


def test_everything_in_place_is_ready() -> None:
    for facts in (complete(), own_account()):
        checklist = evaluate(facts)
        assert checklist.stage is Stage.READY
        assert checklist.done == checklist.total
        assert checklist.first_blocker is None
        assert checklist.importer_step is None


def test_a_new_importer_may_do_the_first_four_in_any_order() -> None:
    checklist = evaluate(fresh())
    first = [s.key for s in checklist.steps if s.status is Status.NOT_STARTED]
    assert first == ["company", "officer", "existing-account", "refund-route"]
    rest = {s.key for s in checklist.steps if s.status is Status.CANNOT_START}
    assert rest == {"form-5106", "ace-account", "ach-refund", "form-4811", "inform-broker", "broker-review"}


def test_what_is_taken_away_shows_at_its_step(subtests: pytest.Subtests) -> None:
    for change, key, expected in [
        ({"company_confirmed": False}, "company", Status.NOT_STARTED),
        ({"officer": None}, "officer", Status.NOT_STARTED),
        ({"officer": replace(OFFICER, phone="")}, "officer", Status.NOT_STARTED),
        ({"officer": replace(OFFICER, title="")}, "officer", Status.NOT_STARTED),
        ({"officer": replace(OFFICER, declared=False)}, "officer", Status.PROBLEM),
        ({"existing_account": None}, "existing-account", Status.NOT_STARTED),
        ({"existing_account": ExistingAccount.UNSURE}, "existing-account", Status.DONE),
        ({"route": None}, "refund-route", Status.NOT_STARTED),
        ({"ace_confirmed": False}, "ace-account", Status.NOT_STARTED),
        ({"form_4811": Form4811Facts()}, "form-4811", Status.NOT_STARTED),
        ({"attested": ""}, "inform-broker", Status.NOT_STARTED),
        ({"attested": "an older digest"}, "inform-broker", Status.IN_PROGRESS),
        ({"attested": "", "returned": "Which phone is right?"}, "inform-broker", Status.PROBLEM),
        ({"reviewed": ""}, "broker-review", Status.WAITING_BROKER),
        ({"attested": "", "reviewed": ""}, "broker-review", Status.CANNOT_START),
        ({"broker_ach_enrolled": False}, "broker-review", Status.WAITING_BROKER),
        ({"broker_has_number": False}, "broker-review", Status.WAITING_BROKER),
    ]:
        with subtests.test(change=change, key=key, expected=expected):
            assert status(complete(**change), key) is expected
            assert evaluate(complete(**change)).stage is not Stage.READY or expected is Status.DONE


@pytest.mark.parametrize(
    ("ach", "expected"),
    [
        (ACHStatus.UNKNOWN, Status.NOT_STARTED),
        (ACHStatus.NONE, Status.IN_PROGRESS),
        (ACHStatus.SHOWN, Status.DONE),
    ],
)
def test_ach_is_done_only_when_ace_shows_the_bank_details(ach: ACHStatus, expected: Status) -> None:
    assert status(own_account(ach=ach), "ach-refund") is expected


def test_us_importers_are_not_asked_for_a_route_but_ddp_sellers_are() -> None:
    american = fresh(country="US")
    assert status(american, "refund-route") is Status.NOT_NEEDED
    assert status(american, "form-4811") is Status.NOT_NEEDED
    assert american.effective_route is Route.OWN_ACCOUNT
    assert status(fresh(country="US", is_ddp=True), "refund-route") is Status.NOT_STARTED


def test_each_route_makes_the_other_one_not_needed() -> None:
    assert status(complete(), "ach-refund") is Status.NOT_NEEDED
    assert status(own_account(), "form-4811") is Status.NOT_NEEDED


def test_already_enrolled_leaves_the_officer_the_declaration_and_our_checks() -> None:
    facts = fresh(**{**BEFORE, "existing_account": ExistingAccount.ENROLLED, "route": None})
    not_needed = {s.key for s in evaluate(facts).steps if s.status is Status.NOT_NEEDED}
    assert not_needed == {"refund-route", "ace-account", "ach-refund", "form-4811"}
    assert status(facts, "inform-broker") is Status.NOT_STARTED


def test_the_5106_waits_for_the_broker_then_for_cbp() -> None:
    facts = fresh(**BEFORE)
    assert status(facts, "form-5106") is Status.WAITING_BROKER
    wrong = filed(facts, Document.FORM_5106, email="lars@bogholderne.example", name="Lars Holm")
    problem = evaluate(wrong)["form-5106"]
    assert (problem.status, problem.who) == (Status.PROBLEM, Who.BROKER)
    sent = evaluate(filed(wrong, Document.FORM_5106, correction_sent=True))
    assert (sent["form-5106"].status, sent["form-5106"].who) == (Status.WAITING_CBP, Who.CBP)
    assert sent.stage is Stage.WAITING_CBP
    assert status(filed(facts, Document.FORM_5106), "form-5106") is Status.DONE


def test_the_ace_application_waits_while_the_code_would_go_to_somebody_else() -> None:
    facts = fresh(**BEFORE)
    assert status(facts, "ace-account") is Status.NOT_STARTED
    wrong = filed(facts, Document.FORM_5106, email="lars@bogholderne.example")
    assert status(wrong, "ace-account") is Status.CANNOT_START
    has_account = replace(wrong, existing_account=ExistingAccount.ACCOUNT)
    assert status(has_account, "ace-account") is Status.NOT_STARTED


@pytest.mark.parametrize(
    ("document", "key", "who"),
    [
        (Document.ACE, "ace-account", Who.IMPORTER),
        (Document.FORM_5106, "form-5106", Who.BROKER),
        (Document.FORM_4811, "form-4811", Who.IMPORTER),
    ],
)
def test_another_person_in_a_document_stops_a_finished_importer(document: Document, key: str, who: Who) -> None:
    checklist = evaluate(filed(complete(), document, name="Lars Holm"))
    blocker = checklist.first_blocker
    assert blocker is not None
    assert (blocker.key, blocker.status, blocker.who) == (key, Status.PROBLEM, who)
    assert checklist.stage is Stage.PROBLEM
    assert [f.rule.key for f in blocker.blockers] == ["person-differs"]


def test_a_changed_answer_undoes_the_declaration_and_the_check() -> None:
    changed = replace(complete(), phone="+45 12 34 56 78")
    another_day = replace(complete().form_4811, signed_on=date(2026, 11, 3))
    assert status(complete(form_4811=another_day), "inform-broker") is Status.IN_PROGRESS
    assert status(changed, "inform-broker") is Status.IN_PROGRESS
    checked = evaluate(changed)
    assert checked.stage is not Stage.READY
    assert checked.importer_step is not None


@pytest.mark.parametrize(
    ("facts", "stage"),
    [
        (fresh(), Stage.NOT_INVITED),
        (fresh(invited=True), Stage.INVITED),
        (fresh(invited=True, started=True), Stage.WORKING),
        (complete(reviewed=""), Stage.WAITING_BROKER),
        (complete(), Stage.READY),
    ],
)
def test_the_stage_of_the_whole(facts: ImporterFacts, stage: Stage) -> None:
    assert evaluate(facts).stage is stage


def test_what_form_4811_still_needs_is_named_one_by_one() -> None:
    none = Form4811Facts(completed=True)
    assert len(missing_for_4811(complete(form_4811=none, broker_ach_enrolled=False, broker_has_number=False))) == 4
    assert missing_for_4811(complete()) == []
    assert missing_for_4811(own_account(broker_ach_enrolled=False)) == []


def test_steps_are_told_apart_and_come_after_steps_above_them() -> None:
    assert len(STEP_BY_KEY) == len(STEPS)
    seen: set[str] = set()
    for step in STEPS:
        assert set(step.after) <= seen, step.key
        seen.add(step.key)


any_facts = st.builds(
    fresh,
    country=st.sampled_from(["DK", "US"]),
    is_ddp=st.booleans(),
    invited=st.booleans(),
    started=st.booleans(),
    company_confirmed=st.booleans(),
    officer=st.sampled_from([None, OFFICER, replace(OFFICER, declared=False), replace(OFFICER, title="")]),
    existing_account=st.sampled_from([None, *ExistingAccount]),
    route=st.sampled_from([None, *Route]),
    filed=st.dictionaries(
        st.sampled_from(list(Document)),
        st.sampled_from([FILED, replace(FILED, name="Lars Holm"), replace(FILED, correction_sent=True)]),
    ),
    ace_confirmed=st.booleans(),
    ach=st.sampled_from(list(ACHStatus)),
    form_4811=st.builds(Form4811Facts, completed=st.booleans(), on_profile=st.booleans(), box_28=st.booleans()),
    broker_ach_enrolled=st.booleans(),
    broker_has_number=st.booleans(),
)


@given(any_facts)
def test_somebody_can_always_act_until_all_is_settled(facts: ImporterFacts) -> None:
    checklist = evaluate(facts)
    settled = all(state.status.is_settled for state in checklist.steps)
    assert settled == (checklist.first_blocker is None)
    assert settled == (checklist.done == checklist.total)
    assert settled == (checklist.stage is Stage.READY)
    for state in checklist.steps:
        assert (state.who is None) == (not state.status.is_open), state.key
    assert not settled or checklist.importer_step is None


@given(any_facts)
def test_no_step_is_open_before_what_it_comes_after(facts: ImporterFacts) -> None:
    checklist = evaluate(facts)
    for state in checklist.steps:
        if state.status in (Status.NOT_STARTED, Status.IN_PROGRESS, Status.WAITING_BROKER):
            assert all(checklist[key].status.is_settled for key in state.step.after), state.key


def test_the_importers_own_steps_are_counted_as_the_mails_count_them() -> None:
    begun = evaluate(fresh())
    assert (begun.own_done, begun.own_total, len(begun.left)) == (0, 7, 7)
