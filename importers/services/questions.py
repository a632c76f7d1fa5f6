"""Importers ask when they are stuck; staff answer. Each with the mail that tells the other side."""

from django.utils import timezone

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.free_text import CBP_CODE_FROM_US, refuse_bank_details, refuse_codes
from importers.domain.stuck import check_question
from importers.models import ImporterOfRecord, MailKind, Question, User
from importers.models.delegation import open_to
from importers.services.change import change, change_step, deed
from importers.services.outbox import post, tell_staff
from importers.services.readiness import checklist_of

OPEN_AT_MOST = 5
TOO_MANY = _("Several of your questions are with us already. Call us if it cannot wait until we have answered them.")


def ask(importer: ImporterOfRecord, *, by: User, step: str, topic: str, text: str) -> Question:
    """The same question again, while it is open, is the same question."""
    text = text.strip()
    refuse_bank_details(text)
    refuse_codes(text)
    check_question(step, topic, text)
    with change_step(importer, step, "ask a question", by=by) as row:
        unanswered = row.questions.open()
        if asked := unanswered.filter(step=step, topic=topic, text=text, asked_by=by).first():
            return asked
        if unanswered.filter(asked_by=by).count() >= OPEN_AT_MOST:
            raise RuleViolation("too_many", TOO_MANY)
        status = checklist_of(row)[step].status
        question = Question.objects.create(
            importer=row, step=step, status=status, topic=topic, text=text, asked_at=timezone.now(), asked_by=by
        )
        tell_staff(MailKind.QUESTION, row, by=by, question=question)
    return question


def note_answers_read(importer: ImporterOfRecord, step: str, *, by: User) -> None:
    """Whoever asked opened a page that shows the answers."""
    with deed("read an answer", by=by):
        importer.questions.unread_by(by).filter(step=step).update(read_at=timezone.now())


def answer(question: Question, *, by: User, text: str) -> bool:
    """Returns whether whoever asked gets it by mail: not when they may no longer come in."""
    text = text.strip()
    refuse_bank_details(text)
    refuse_codes(text, CBP_CODE_FROM_US)
    if not text:
        raise RuleViolation("answer", _("Write the answer first."))
    with change(question.importer, "answer a question", by=by) as importer:
        row = importer.questions.select_related("asked_by").get(pk=question.pk)
        if row.answered_at:
            raise RuleViolation("answered", _("A colleague has answered this question meanwhile. Read the answer."))
        row.answer, row.answered_at, row.answered_by = text, timezone.now(), by
        row.save(update_fields=["answer", "answered_at", "answered_by"])
        asker = row.asked_by
        sent = open_to(importer, asker, row.step, timezone.now())
        is_in = ImporterOfRecord.objects.visible_to(asker).filter(pk=importer.pk).exists()
        if not asker.is_active or not (is_in or sent):
            return False
        post(
            MailKind.ANSWER,
            to_email=asker.email,
            to_name=sent.name if sent else importer.calls(asker),
            language=asker.language,
            importer=importer,
            by=by,
            step=row.step,
            question=row,
        )
    return True
