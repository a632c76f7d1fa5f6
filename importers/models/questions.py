"""What importers ask when they are stuck, and what we answered."""

from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from importers.domain.checklist import Status
from importers.domain.stuck import ANSWER_WITHIN, LONGEST_QUESTION, topics_of
from importers.models.accounts import User
from importers.models.constraints import known, pair
from importers.models.delegation import Delegation
from importers.models.history import tracked
from importers.models.importer import ImporterOfRecord, PointOfContact
from importers.models.labels import choices

ANSWER_IS_NEW = timedelta(days=14)


class QuestionQuerySet(models.QuerySet["Question"]):
    def open(self) -> Self:
        return self.filter(answered_at=None)

    def with_people(self) -> Self:
        """Who asked and who answered, in the same query."""
        sent = Delegation.objects.filter(importer=OuterRef("importer"), colleague=OuterRef("asked_by"))
        newest = Subquery(sent.order_by("-pk").values("name")[:1])
        officers = PointOfContact.objects.filter(importer=OuterRef("importer"))
        officer = Subquery(officers.filter(email__iexact=OuterRef("asked_by__email")).values("name")[:1])
        return self.select_related("asked_by", "answered_by").annotate(called=Coalesce(officer, newest))

    def holding_reminders(self, now: datetime) -> Self:
        """The same in a query as `importers.domain.stuck.holds_reminders`."""
        return self.open().filter(asked_at__gt=now - ANSWER_WITHIN)

    def unread_by(self, user: User) -> Self:
        return self.filter(answered_at__isnull=False, read_at=None, asked_by=user)

    def steps(self) -> "models.QuerySet[Question, dict[str, str]]":
        return self.order_by().values("step").distinct()


def asked_at_steps(now: datetime, user: User) -> dict[str, ArraySubquery]:
    """Annotations for importers: the steps at which a question is open, at which an answer is new, and at which one
    waits for this person, who asked, to read it."""
    asked = Question.objects.filter(importer=OuterRef("pk"))
    return {
        "open_questions": ArraySubquery(asked.open().steps()),
        "new_answers": ArraySubquery(asked.filter(answered_at__gt=now - ANSWER_IS_NEW).steps()),
        "unread_answers": ArraySubquery(asked.unread_by(user).steps()),
    }


@tracked()
class Question(models.Model):
    """Asked at a step, in the state in which the step then was. Open until somebody of the staff answers. `read_at` is
    when whoever asked first opened a page that shows the answer."""

    importer = models.ForeignKey(ImporterOfRecord, models.CASCADE, related_name="questions")
    step = models.CharField(_("step"), max_length=20)
    status = models.CharField(_("state of the step"), max_length=14, choices=choices(Status))
    topic = models.CharField(_("what went wrong"), max_length=40)
    text = models.CharField(_("question"), max_length=LONGEST_QUESTION, blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    answer = models.CharField(_("answer"), max_length=LONGEST_QUESTION, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    read_at = models.DateTimeField(_("answer read"), null=True, blank=True, editable=False)

    called: str | None  # of `with_people`

    objects: ClassVar[models.Manager["Question"]] = QuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["-asked_at", "-pk"]
        indexes = [models.Index(fields=["asked_at"], condition=Q(answered_at=None), name="question_open")]
        constraints = [
            known("status", Status),
            pair("asked"),
            pair("answered"),
            models.CheckConstraint(
                condition=Q(answered_at=None, answer="") | Q(answered_at__isnull=False) & ~Q(answer=""),
                name="question_answered_with_words",
            ),
            models.CheckConstraint(
                condition=Q(read_at=None) | Q(answered_at__isnull=False), name="question_read_once_answered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.importer}: {self.step}"

    @property
    def asker(self) -> str:
        """As the importer calls them, being the officer or whom the officer sent the step; else by their own name."""
        if "called" not in self.__dict__:
            self.called = Question.objects.with_people().get(pk=self.pk).called
        return self.called or str(self.asked_by)

    @property
    def topic_text(self) -> str:
        """In English; whoever shows it translates."""
        return next((t.text for t in topics_of(self.step) if t.key == self.topic), "")
