"""A colleague who is stuck asks about the one step, and reads the answer there."""

from datetime import timedelta

import pytest
import time_machine
from django.core.signing import TimestampSigner
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importers.delivery import deliver
from importers.domain.errors import RuleViolation
from importers.letters import START_SALT, write
from importers.models import Delegation, ImporterOfRecord, MailKind, MailState, Notification, Question, User
from importers.services import delegations, outbox, questions, steps
from tests import walkthrough
from tests.factories import AccessFactory
from tests.pages import html, url

pytestmark = pytest.mark.django_db
ASKED = {"topic": "else", "text": "Which of the two banks?"}


@pytest.fixture
def asked(phone: Client, importer: ImporterOfRecord) -> Question:
    told = html(phone.post(url(importer, "ach-refund", "question"), ASKED, follow=True))
    assert "Your question has been sent." in told
    assert "Which of the two banks?" in told
    assert "Asked by Jens Holm" in told
    return Question.objects.get()


def test_the_page_of_the_step_leads_to_asking(phone: Client, importer: ImporterOfRecord) -> None:
    page = url(importer, "ach-refund", "question")
    assert page in html(phone.get(url(importer, "ach-refund")))
    assert html(phone.get(page))
    assert phone.get(url(importer, "company", "question")).status_code == 404
    assert phone.post(url(importer, "company", "question"), ASKED).status_code == 404


def test_the_question_is_theirs_and_staff_are_told(asked: Question, colleague: User) -> None:
    assert (asked.step, asked.asked_by) == ("ach-refund", colleague)
    mail = Notification.objects.get(kind=MailKind.QUESTION, question=asked)
    assert "Jens Holm is stuck with" in write(mail).text


def test_the_answer_comes_by_mail_and_its_link_leads_to_the_page_where_it_stands(
    phone: Client, asked: Question, importer: ImporterOfRecord, staff: User, colleague: User
) -> None:
    assert questions.answer(asked, by=staff, text="The one in the United States.")
    mail = Notification.objects.get(kind=MailKind.ANSWER)
    assert (mail.to_email, mail.to_name) == (colleague.email, "Jens Holm")
    assert deliver(mail.pk) == MailState.SENT
    mail.refresh_from_db()
    assert "The one in the United States." in mail.text
    link = reverse("start", args=[TimestampSigner(salt=START_SALT).sign(mail.uuid.hex)])
    assert "It opens the step." in html(Client().get(link))
    assert phone.get(link)["Location"] == url(importer, "ach-refund") + "#questions"
    assert "The one in the United States." in html(phone.get(url(importer, "ach-refund")))


def test_they_are_told_of_the_answer_until_they_have_read_it(
    phone: Client, desk: Client, asked: Question, importer: ImporterOfRecord, staff: User
) -> None:
    questions.answer(asked, by=staff, text="The one in the United States.")
    told = "We have answered your question about"
    assert told not in html(desk.get(url(importer, "ach-refund"))), "the officer did not ask"
    assert told in html(phone.get(url(importer, "ach-refund")))
    assert told not in html(phone.get(url(importer, "ach-refund")))
    asked.refresh_from_db()
    assert asked.read_at is not None


def test_they_see_their_own_questions_only_and_the_officer_all(
    phone: Client, desk: Client, asked: Question, importer: ImporterOfRecord, officer: User
) -> None:
    questions.ask(importer, by=officer, step="ach-refund", topic="else", text="Is it the same as for duty?")
    for name in ("step", "question"):
        assert "Is it the same as for duty?" not in html(phone.get(url(importer, "ach-refund", name)))
    page = html(desk.get(url(importer, "ach-refund")))
    assert "Is it the same as for duty?" in page
    assert "Which of the two banks?" in page


def test_an_answer_to_somebody_whose_step_was_closed_is_not_mailed(
    asked: Question, importer: ImporterOfRecord, officer: User, staff: User
) -> None:
    delegations.revoke(importer, Delegation.objects.get().uuid, by=officer)
    assert not questions.answer(asked, by=staff, text="The one in the United States.")
    assert not Notification.objects.filter(kind=MailKind.ANSWER).exists()


def test_an_answer_that_still_waits_when_the_step_closes_is_dropped(asked: Question, staff: User) -> None:
    questions.answer(asked, by=staff, text="The one in the United States.")
    mail = Notification.objects.get(kind=MailKind.ANSWER)
    Delegation.objects.update(expires_at=timezone.now())
    assert deliver(mail.pk) == "not mine"
    outbox.sweep(timezone.now())
    mail.refresh_from_db()
    assert mail.state == MailState.DROPPED


def test_the_link_in_an_answer_to_a_step_that_ran_out_says_so(asked: Question, staff: User) -> None:
    questions.answer(asked, by=staff, text="The one in the United States.")
    mail = Notification.objects.get(kind=MailKind.ANSWER)
    link = reverse("start", args=[TimestampSigner(salt=START_SALT).sign(mail.uuid.hex)])
    with time_machine.travel(Delegation.objects.get().expires_at + timedelta(hours=1), tick=False):
        assert "This step is no longer open to you" in html(Client().get(link), 410)


def test_whoever_lost_the_step_while_the_question_was_on_its_way_asks_nothing(
    importer: ImporterOfRecord, officer: User, colleague: User
) -> None:
    delegations.revoke(importer, Delegation.objects.get().uuid, by=officer)
    with pytest.raises(RuleViolation) as refused:
        questions.ask(importer, by=colleague, step="ach-refund", topic="else", text="Which of the two banks?")
    assert refused.value.code == "closed"
    assert not Question.objects.exists()


def test_once_the_answers_are_declared_there_is_nothing_to_ask(
    phone: Client, importer: ImporterOfRecord, officer: User, staff: User
) -> None:
    walkthrough.on_5106(importer, staff)
    phone.post(url(importer, "ach-refund"), {"status": "shown", "seen": "refund_tab"})
    steps.declare(importer, by=officer, digest=walkthrough.digest(importer))
    page = url(importer, "ach-refund", "question")
    assert page not in html(phone.get(url(importer, "ach-refund")))
    assert phone.get(page)["Location"] == url(importer, "ach-refund")
    assert not Question.objects.exists()


def test_what_was_written_while_the_answers_were_declared_is_not_lost(
    phone: Client, importer: ImporterOfRecord, officer: User, staff: User
) -> None:
    walkthrough.on_5106(importer, staff)
    phone.post(url(importer, "ach-refund"), {"status": "shown", "seen": "refund_tab"})
    steps.declare(importer, by=officer, digest=walkthrough.digest(importer))
    answer = phone.post(url(importer, "ach-refund", "question"), ASKED)
    assert answer.status_code == 409
    assert "so your question was not sent" in answer.content.decode()
    assert ASKED["text"] in answer.content.decode()
    assert not Question.objects.exists()


def test_a_colleague_uses_up_nobody_elses_questions(phone: Client, importer: ImporterOfRecord, officer: User) -> None:
    for number in range(questions.OPEN_AT_MOST + 1):
        phone.post(url(importer, "ach-refund", "question"), {"topic": "else", "text": f"Word {number}"})
    assert Question.objects.count() == questions.OPEN_AT_MOST
    questions.ask(importer, by=officer, step="ach-refund", topic="else", text="And mine?")


def test_whoever_is_let_in_as_a_whole_meanwhile_is_answered_on_the_checklist(
    phone: Client, asked: Question, importer: ImporterOfRecord, officer: User, staff: User, colleague: User
) -> None:
    AccessFactory(importer=importer, user=colleague)
    delegations.revoke(importer, Delegation.objects.get().uuid, by=officer)
    assert questions.answer(asked, by=staff, text="The one in the United States.")
    assert deliver(Notification.objects.get(kind=MailKind.ANSWER).pk) == MailState.SENT
