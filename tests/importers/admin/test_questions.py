from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importers.admin.dashboard import SHOWN
from importers.models import ImporterOfRecord, Question, User
from importers.services import questions
from tests import walkthrough
from tests.factories import ImporterFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def question(staff: User) -> Question:
    importer = ImporterFactory(name="Nordlys Cykler ApS", assigned_to=staff)
    who = walkthrough.invited(importer, staff)
    return questions.ask(importer, by=who, step="ace-account", topic="no-code", text="For an hour now.")


def page_of(importer: ImporterOfRecord) -> str:
    return reverse("admin:importers_importerofrecord_change", args=[importer.pk])


def answer(client: Client, question: Question, text: str) -> str:
    deed = reverse("admin:importers_deed", args=[question.importer_id, "answer"])
    return client.post(deed, {"question": question.pk, "text": text}, follow=True).content.decode()


def test_the_dashboard_shows_who_waits_for_an_answer(
    as_staff: Client, as_superuser: Client, question: Question
) -> None:
    html = as_staff.get(reverse("admin:index") + "?whose=mine").content.decode()
    assert "Nordlys Cykler ApS</a>: No code arrives" in html
    assert page_of(question.importer) + "#questions" in html
    mine = as_superuser.get(reverse("admin:index") + "?whose=mine").content.decode()
    assert "No code arrives" not in mine


def test_an_answer_is_given_on_the_importers_page(as_staff: Client, staff: User, question: Question) -> None:
    assert "For an hour now." in as_staff.get(page_of(question.importer)).content.decode()
    html = answer(as_staff, question, "We have corrected Form 5106. Try again tomorrow.")
    assert "The mail is on its way to" in html
    question.refresh_from_db()
    assert question.answered_by == staff
    assert "No code arrives" not in as_staff.get(reverse("admin:index")).content.decode()


def test_a_refused_answer_is_shown_again_as_it_was_typed(as_staff: Client, question: Question) -> None:
    html = answer(as_staff, question, "Use account number 1234567890")
    assert "This looks like bank details." in html
    assert "Use account number 1234567890</textarea>" in html


def test_a_question_of_another_importer_is_not_answered_here(as_staff: Client, question: Question) -> None:
    other = ImporterFactory()
    deed = reverse("admin:importers_deed", args=[other.pk, "answer"])
    html = as_staff.post(deed, {"question": question.pk, "text": "x"}, follow=True).content.decode()
    assert "That question is not there any more." in html


def test_the_list_is_filtered_by_who_waits(as_staff: Client, question: Question) -> None:
    ImporterFactory(name="Fjordglas A/S")
    listing = reverse("admin:importers_importerofrecord_changelist")
    html = as_staff.get(f"{listing}?visit=asked").content.decode()
    assert "Nordlys Cykler ApS" in html
    assert "Fjordglas A/S" not in html


def test_a_code_of_cbp_is_not_sent_out_and_the_answer_stays(as_staff: Client, question: Question) -> None:
    html = answer(as_staff, question, "Brug koden 482913 fra CBP.")
    assert "nothing that we write may hold one" in html
    assert "Brug koden 482913 fra CBP.</textarea>" in html
    question.refresh_from_db()
    assert question.answered_at is None


def test_who_answers_second_gets_back_what_they_wrote(as_staff: Client, superuser: User, question: Question) -> None:
    questions.answer(question, by=superuser, text="It is on its way.")
    html = answer(as_staff, question, "We have corrected <Form 5106>.")
    assert "A colleague has answered this question meanwhile." in html
    assert "readonly>We have corrected &lt;Form 5106&gt;.</textarea>" in html
    assert "<strong>Answer:</strong> It is on its way." in html
    question.refresh_from_db()
    assert question.answer == "It is on its way."


def test_the_dashboard_shows_the_text_the_true_count_and_all_of_today(as_staff: Client, question: Question) -> None:
    now, who, importer = timezone.now(), question.asked_by, question.importer
    fields: dict[str, Any] = {"importer": importer, "step": "ace-account", "status": "in_progress", "topic": "no-code"}
    for days in range(1, SHOWN + 4):
        Question.objects.create(**fields, text=f"{days} days", asked_at=now - timedelta(days=days), asked_by=who)
    page = as_staff.get(reverse("admin:index"))
    html = page.content.decode()
    shown = [line["question"].text for line in page.context["questions"]]
    assert shown == [*(f"{days} days" for days in range(SHOWN + 3, 3, -1)), "For an hour now."]
    assert "For an hour now." in html
    assert f"All {SHOWN + 4} questions that wait for an answer" in html
    listed = as_staff.get(page.context["question_link"]).context["cl"]
    assert listed.result_count == page.context["question_count"] == SHOWN + 4


def test_the_list_shows_the_questions_themselves(
    as_staff: Client, as_superuser: Client, superuser: User, question: Question
) -> None:
    listing = reverse("admin:importers_question_changelist")
    html = as_staff.get(f"{listing}?answered=no&assigned=me").content.decode()
    for shown in ("Nordlys Cykler ApS", "No code arrives", "For an hour now.", question.asker):
        assert shown in html
    assert "For an hour now." not in as_superuser.get(f"{listing}?assigned=me").content.decode()
    leads = as_staff.get(reverse("admin:importers_question_change", args=[question.pk]))
    assert leads["Location"] == page_of(question.importer) + "#questions"
    questions.answer(question, by=superuser, text="Try again.")
    assert "For an hour now." not in as_staff.get(f"{listing}?answered=no").content.decode()
    assert "Jens Rahbek" in as_staff.get(f"{listing}?answered=yes").content.decode()
