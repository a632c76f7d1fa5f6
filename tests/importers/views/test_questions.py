import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from importers.domain.checklist import STEPS
from importers.domain.facts import ExistingAccount
from importers.domain.failures import PLACES, Desk, Place, failures_at
from importers.models import ImporterOfRecord, Question, User
from importers.services import questions, steps
from tests import walkthrough
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db


def address(importer: ImporterOfRecord, step: str = "officer") -> str:
    return reverse("question", args=[importer.uuid, step])


def test_the_step_leads_to_the_question_and_the_question_back(page: Client, importer: ImporterOfRecord) -> None:
    step = reverse("step", args=[importer.uuid, "officer"])
    assert f'href="{address(importer)}"' in page.get(step).content.decode()
    asked = page.post(address(importer), {"topic": "else", "text": "May it be a board member?"}, follow=True)
    html = asked.content.decode()
    assert asked.redirect_chain[-1][0] == step + "#questions"
    assert "Your question has been sent." in html
    assert "May it be a board member?" in html
    assert "We will answer soon" in html


def test_the_checklist_tells_of_question_and_answer(page: Client, importer: ImporterOfRecord, person: User) -> None:
    checklist = reverse("checklist", args=[importer.uuid])
    question = questions.ask(importer, by=person, step="officer", topic="who", text="")
    assert "We have your question and will answer it." in page.get(checklist).content.decode()
    questions.answer(question, by=StaffFactory(name="Kirsten Holm"), text="The director.")
    assert "We have answered your question." in page.get(checklist).content.decode()
    html = page.get(reverse("step", args=[importer.uuid, "officer"])).content.decode()
    assert "The director." in html
    assert "Answered by Kirsten Holm" in html


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({}, "Choose what it is about."),
        ({"topic": "else"}, "Write your question in a few words."),
        ({"topic": "else", "text": "account number 1234567890"}, "This looks like bank details."),
        ({"topic": "else", "text": "x" * 2001}, "2000"),
        ({"topic": "else", "text": "Koden fra CBP er 482913"}, "nobody needs this code but CBP&#x27;s own form"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_asked(
    page: Client, importer: ImporterOfRecord, data: dict[str, str], told: str
) -> None:
    html = page.post(address(importer), data).content.decode()
    assert told in html
    assert not Question.objects.exists()


def test_a_step_that_is_not_there_has_no_questions(page: Client, importer: ImporterOfRecord) -> None:
    assert page.get(address(importer, "nothing")).status_code == 404


def test_staff_read_along_and_ask_nothing(importer: ImporterOfRecord) -> None:
    client = Client()
    client.force_login(StaffFactory())
    assert "<form" not in client.get(address(importer)).content.decode().split("<main")[1].split("</main")[0]
    assert client.post(address(importer), {"topic": "who"}).status_code == 403


def test_a_step_with_questions_costs_at_most_eight_queries(
    page: Client, importer: ImporterOfRecord, person: User, django_assert_max_num_queries: object
) -> None:
    for number in range(4):
        question = questions.ask(importer, by=person, step="officer", topic="who", text=f"word {number}")
        questions.answer(question, by=StaffFactory(), text="The director.")
    step = reverse("step", args=[importer.uuid, "officer"])
    page.get(step)
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        page.get(step)


def known(html: str) -> dict[str, str]:
    """What stands under each choice, by what the choice is called."""
    fields = html.split("<fieldset", 1)[1].split("</fieldset>", 1)[0]
    found = {}
    for choice in fields.split('<label class="choice"')[1:]:
        name = re.search(r"<span>(.*?)</span></label>", choice)
        assert name
        found[unescape(name[1])] = choice.split("<details", 1)[1] if "<details" in choice else ""
    return found


@pytest.mark.parametrize("key", PLACES)
def test_what_is_known_to_help_stands_under_each_choice(page: Client, importer: ImporterOfRecord, key: str) -> None:
    under = known(page.get(address(importer, key)).content.decode())
    assert under.pop("Something else") == ""
    helped = {name: text for name, text in under.items() if text}
    for failure in failures_at(PLACES[key]):
        assert failure.remedy[:40] in unescape(helped[failure.title])
        ready = "ready to send" in helped[failure.title]
        assert ready is (failure.mail.to is not Desk.BROKER), "to us this form is the mail"


def test_who_has_an_account_is_not_asked_about_the_application(
    page: Client, importer: ImporterOfRecord, person: User
) -> None:
    walkthrough.before(importer, person)
    steps.answer_existing_account(importer, by=person, answer=ExistingAccount.ACCOUNT)
    assert [
        name for name, text in known(page.get(address(importer, "ace-account")).content.decode()).items() if text
    ] == [failure.title for failure in failures_at(Place.IN_ACCOUNT)]


def test_the_checklist_leads_to_the_question_of_each_step_and_to_one_about_something_else(
    page: Client, importer: ImporterOfRecord
) -> None:
    ask = reverse("ask", args=[importer.uuid])
    assert f'href="{ask}"' in page.get(reverse("checklist", args=[importer.uuid])).content.decode()
    html = page.get(ask).content.decode()
    assert "Which step is it about?" in html
    leads = re.findall(r'class="row" href="([^"]+)"><b>([^<]+)</b>', html)
    assert leads == [
        *((address(importer, step.key), step.title) for step in STEPS),
        (address(importer, "company") + "?topic=else", "Something else"),
    ]
    form = page.get(leads[-1][0]).content.decode()
    assert re.search(r'value="else"[^>]* checked', form)
    page.post(leads[-1][0], {"topic": "else", "text": "When do you close for Christmas?"})
    assert Question.objects.get().step == "company", "where they are"


def test_nobody_is_led_to_ask_about_a_step_that_is_not_needed(
    page: Client, importer: ImporterOfRecord, staff: User
) -> None:
    walkthrough.ready(importer, staff)
    html = page.get(reverse("ask", args=[importer.uuid])).content.decode()
    assert address(importer, "ach-refund") not in html
    assert address(importer, "broker-review") + "?topic=else" in html


def test_a_topic_that_is_not_there_is_not_chosen(page: Client, importer: ImporterOfRecord) -> None:
    html = page.get(address(importer) + "?topic=nothing").content.decode()
    assert " checked" not in html.split("<fieldset", 1)[1]
