from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from importers.domain.errors import RuleViolation
from importers.domain.stuck import TOPICS, topics_of
from importers.letters import write
from importers.models import ImporterOfRecord, MailKind, MailState, Notification, Question, User
from importers.services import outbox, questions, reminders
from importers.services.invitations import revoke
from tests import walkthrough
from tests.factories import CampaignFactory, ImporterFactory, StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return StaffFactory(name="Kirsten Holm", language="da")


@pytest.fixture
def importer(staff: User) -> ImporterOfRecord:
    return ImporterFactory(name="Nordlys Cykler ApS", assigned_to=staff)


@pytest.fixture
def who(importer: ImporterOfRecord, staff: User) -> User:
    return walkthrough.invited(importer, staff)


def ask(importer: ImporterOfRecord, who: User, text: str = "", topic: str = "who") -> Question:
    return questions.ask(importer, by=who, step="officer", topic=topic, text=text)


def mails(kind: MailKind) -> list[Notification]:
    return list(Notification.objects.filter(kind=kind).order_by("pk"))


def test_a_question_keeps_the_state_of_its_step_and_goes_to_whose_case_it_is(
    importer: ImporterOfRecord, who: User, staff: User
) -> None:
    question = ask(importer, who, "The founder has left.")
    assert (question.status, question.asked_by) == ("not_started", who)
    (mail,) = mails(MailKind.QUESTION)
    assert (mail.to_email, mail.language) == (staff.email, "da")
    text = write(mail).text
    assert "Vi ved ikke, hvem vi skal angive" in text
    assert "The founder has left." in text
    assert "Ikke begyndt" in text
    assert f"/admin/importers/importerofrecord/{importer.pk}/change/#questions" in text


def test_nobodys_case_goes_to_the_firm(who: User, importer: ImporterOfRecord) -> None:
    ImporterOfRecord.objects.update(assigned_to=None)
    ask(importer, who)
    assert mails(MailKind.QUESTION)[0].to_email == "jar@alpi.dk"


def test_the_same_question_twice_is_one(importer: ImporterOfRecord, who: User) -> None:
    assert ask(importer, who, " x ") == ask(importer, who, "x")
    assert len(mails(MailKind.QUESTION)) == 1


def test_more_than_a_few_open_questions_are_a_call(importer: ImporterOfRecord, who: User) -> None:
    for number in range(questions.OPEN_AT_MOST):
        ask(importer, who, f"word {number}")
    with pytest.raises(RuleViolation, match="Call us"):
        ask(importer, who, "one more")
    assert Question.objects.count() == questions.OPEN_AT_MOST


@pytest.mark.parametrize("text", ["Account no. 12345678", "routing 021000021", "DK50 0040 0440 1162 43"])
def test_bank_details_are_refused_and_nothing_is_kept(
    importer: ImporterOfRecord, who: User, staff: User, text: str
) -> None:
    with pytest.raises(RuleViolation, match="bank details"):
        ask(importer, who, text)
    question = ask(importer, who)
    with pytest.raises(RuleViolation, match="bank details"):
        questions.answer(question, by=staff, text=text)
    question.refresh_from_db()
    assert question.answer == ""


def test_a_code_of_cbp_is_refused_and_goes_to_nobody(importer: ImporterOfRecord, who: User) -> None:
    with pytest.raises(RuleViolation, match="a code from CBP"):
        ask(importer, who, "my code is 482 913")
    assert (Question.objects.exists(), mails(MailKind.QUESTION)) == (False, [])


def test_the_answer_reaches_whoever_asked_in_their_language(importer: ImporterOfRecord, who: User, staff: User) -> None:
    assert questions.answer(ask(importer, who, "Who?"), by=staff, text="The director.\nShe may sign.")
    (mail,) = mails(MailKind.ANSWER)
    assert (mail.to_email, mail.language) == (who.email, who.language)
    text = write(mail).text
    assert "Who?" in text
    assert "The director.\nShe may sign." in text
    assert "/start/" in text


def test_a_question_is_answered_once(importer: ImporterOfRecord, who: User, staff: User) -> None:
    question = ask(importer, who)
    questions.answer(question, by=staff, text="The director.")
    with pytest.raises(RuleViolation, match="colleague"):
        questions.answer(question, by=StaffFactory(), text="The founder.")
    question.refresh_from_db()
    assert (question.answer, question.answered_by) == ("The director.", staff)
    assert len(mails(MailKind.ANSWER)) == 1


def test_an_empty_answer_is_none(importer: ImporterOfRecord, who: User, staff: User) -> None:
    with pytest.raises(RuleViolation, match="Write the answer"):
        questions.answer(ask(importer, who), by=staff, text="  ")


def test_who_may_no_longer_come_in_gets_no_answer_by_mail(importer: ImporterOfRecord, who: User, staff: User) -> None:
    question = ask(importer, who)
    revoke(importer.accesses.get(), by=staff)
    assert not questions.answer(question, by=staff, text="The director.")
    assert mails(MailKind.ANSWER) == []


def test_an_answer_on_its_way_is_dropped_when_access_is_taken_away(
    importer: ImporterOfRecord, who: User, staff: User
) -> None:
    questions.answer(ask(importer, who), by=staff, text="The director.")
    revoke(importer.accesses.get(), by=staff)
    (mail,) = mails(MailKind.ANSWER)
    assert Notification.objects.claim(mail.mail, timezone.now()) is None
    outbox.sweep(timezone.now())
    mail.refresh_from_db()
    assert mail.state == "dropped"


@time_machine.travel(datetime(2027, 4, 6, 8, tzinfo=UTC), tick=False)  # a working day, in office hours
def test_no_reminder_while_the_importer_waits_for_our_answer(
    importer: ImporterOfRecord, who: User, staff: User
) -> None:
    now = timezone.now()
    Notification.objects.all().delete()
    ImporterOfRecord.objects.update(created_at=now - timedelta(days=40))
    CampaignFactory(deadline=timezone.localdate() + timedelta(days=7))
    at = now + timedelta(days=1)
    question = ask(importer, who)
    Notification.objects.all().delete()
    assert reminders.plan(at).skipped == {"asked": 1}
    assert len(reminders.plan(now + timedelta(days=7, minutes=1)).due) == 1
    Question.objects.update(answer="x", answered_at=now, answered_by=staff)
    assert len(reminders.plan(at).due) == 1
    reminders.schedule_due(at)
    Question.objects.update(answer="", answered_at=None, answered_by=None, asked_at=now)
    reminder = Notification.objects.get(kind=MailKind.REMINDER, state=MailState.PENDING)
    assert Notification.objects.claim(reminder.mail, at) is None, "asked between the schedule and the sending"
    Question.objects.filter(pk=question.pk).update(asked_at=now - timedelta(days=8))
    reminders.schedule_due(at)
    reminder.refresh_from_db()
    assert Notification.objects.claim(reminder.mail, at) is not None


def test_the_database_keeps_an_answer_whole(importer: ImporterOfRecord, who: User, staff: User) -> None:
    question = ask(importer, who)
    for broken in ({"answer": "x"}, {"answered_at": timezone.now(), "answered_by": staff}, {"status": "lost"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Question.objects.filter(pk=question.pk).update(**broken)


def test_every_topic_can_be_kept() -> None:
    longest = Question._meta.get_field("topic").max_length or 0
    keys = {topic.key for step in TOPICS for topic in topics_of(step)}
    assert {key for key in keys if len(key) > longest} == set()


FORGED = "Hi\n\nQuestions? Call +45 11 11 11 11.\rIs this really from us? Yes.\u2028Send the bank's papers.\x0bJens"


@pytest.mark.parametrize("language", ["en", "da"])
def test_nothing_an_importer_writes_can_pass_for_a_line_of_ours(
    importer: ImporterOfRecord, who: User, staff: User, language: str
) -> None:
    questions.answer(ask(importer, who, FORGED), by=staff, text="The director.")
    for mail in (*mails(MailKind.QUESTION), *mails(MailKind.ANSWER)):
        mail.language = language
        letter = write(mail)
        for theirs in ("Hi", "Questions? Call", "Is this really from us? Yes.", "Send the bank's papers.", "Jens"):
            (line,) = [line for line in letter.text.splitlines() if line.removeprefix("> ").startswith(theirs)]
            assert line.startswith("> ")
        quote = letter.html.split("<blockquote", 1)[1].split("</blockquote>", 1)[0]
        assert "Send the bank" in quote
        assert letter.html.count("Send the bank") == 1
