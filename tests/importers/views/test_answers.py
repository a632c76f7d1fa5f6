"""Whoever asked is told of an answer until they open a page that shows it."""

from http import HTTPStatus

import pytest
from django.core.signing import TimestampSigner
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importers.letters import START_SALT
from importers.models import ImporterOfRecord, MailKind, Question, User
from importers.services import questions
from tests.factories import AccessFactory, NotificationFactory, StaffFactory, UserFactory

pytestmark = pytest.mark.django_db

TOLD = "We have answered your question about"


def answered(importer: ImporterOfRecord, by: User, step: str = "officer", text: str = "Who?") -> Question:
    question = questions.ask(importer, by=by, step=step, topic="else", text=text)
    questions.answer(question, by=StaffFactory(), text="The director.")
    return question


def step(importer: ImporterOfRecord, key: str = "officer") -> str:
    return reverse("step", args=[importer.uuid, key])


def read(client: Client, address: str) -> str:
    return client.get(address).content.decode()


@pytest.fixture
def checklist(importer: ImporterOfRecord) -> str:
    return reverse("checklist", args=[importer.uuid])


def test_the_checklist_tells_until_the_page_with_the_answer_was_opened(
    page: Client, importer: ImporterOfRecord, person: User, checklist: str
) -> None:
    question = answered(importer, person)
    for _again in range(2):
        html = read(page, checklist)
        assert f"{TOLD} “Name the responsible officer”." in html
        assert f'<a href="{step(importer)}#questions">See the answer</a>' in html
    first = read(page, step(importer))
    assert '<a href="#questions">See the answer</a>' in first
    assert first.index(TOLD) < first.index("<h1>")
    question.refresh_from_db()
    assert question.read_at is not None
    assert TOLD not in read(page, checklist)
    assert TOLD not in read(page, step(importer))


def test_the_page_of_the_question_shows_it_too(
    page: Client, importer: ImporterOfRecord, person: User, checklist: str
) -> None:
    answered(importer, person)
    assert TOLD in read(page, reverse("question", args=[importer.uuid, "officer"]))
    assert TOLD not in read(page, checklist)


def test_an_answer_is_told_while_another_question_is_open(
    page: Client, importer: ImporterOfRecord, person: User, checklist: str
) -> None:
    answered(importer, person)
    questions.ask(importer, by=person, step="officer", topic="who", text="")
    html = read(page, checklist)
    assert TOLD in html
    assert "We have answered your question. We have another question of yours, too, and will answer it." in html
    assert TOLD in read(page, step(importer))


def test_several_answers_are_told_apart_and_each_until_it_was_read(
    page: Client, importer: ImporterOfRecord, person: User, checklist: str
) -> None:
    for key in ("officer", "company"):
        answered(importer, person, key)
    html = read(page, checklist)
    assert html.count(TOLD) == 2
    assert 'aria-label="See the answer: Confirm your company details"' in html
    html = read(page, step(importer))
    assert html.count(TOLD) == 2, "also of the other step's"
    assert html.index('href="#questions"') < html.index(f'href="{step(importer, "company")}#questions"')
    assert read(page, checklist).count(TOLD) == 1


def test_only_who_asked_reads_it_and_looking_whether_a_page_is_there_is_no_reading(
    page: Client, importer: ImporterOfRecord, person: User, checklist: str
) -> None:
    question = answered(importer, person)
    other, staff = Client(), Client()
    other.force_login(AccessFactory(importer=importer, user=UserFactory()).user)
    staff.force_login(StaffFactory())
    for client in (other, staff):
        assert TOLD not in read(client, checklist)
        assert "The director." in read(client, step(importer))
    page.head(step(importer))
    question.refresh_from_db()
    assert question.read_at is None


def test_the_mail_leads_to_the_answer(importer: ImporterOfRecord, person: User) -> None:
    client = Client()
    client.force_login(person)
    question = answered(importer, person)
    mail = NotificationFactory(
        importer=importer, to_email=person.email, kind=MailKind.ANSWER, step="officer", question=question
    )
    response = client.get(reverse("start", args=[TimestampSigner(salt=START_SALT).sign(mail.uuid.hex)]))
    assert (response.status_code, response["Location"]) == (HTTPStatus.FOUND, step(importer) + "#questions")


def test_the_database_lets_nobody_read_what_is_not_there(importer: ImporterOfRecord, person: User) -> None:
    question = questions.ask(importer, by=person, step="officer", topic="who", text="")
    with pytest.raises(IntegrityError), transaction.atomic():
        Question.objects.filter(pk=question.pk).update(read_at=timezone.now())


def test_an_unread_answer_costs_no_query_more(
    page: Client, importer: ImporterOfRecord, person: User, checklist: str, django_assert_max_num_queries: object
) -> None:
    page.get(checklist)
    answered(importer, person)
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        page.get(checklist)
