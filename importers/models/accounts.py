"""Who may come in: people, the broker firm, and which importers a person may see."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from importers.domain.errors import gettext_noop
from importers.domain.firm import LONGEST_EMAIL, LONGEST_NAME, LONGEST_NUMBER, LONGEST_PHONE
from importers.models.constraints import pair
from importers.models.history import tracked

SYSTEM_EMAIL = "portal@portal.invalid"
SYSTEM_NAME = gettext_noop("The portal")


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)

    def with_email(self, email: str) -> "User | None":
        """Who signs in with this address. Addresses are kept in lower case; no look-alike letter matches."""
        return self.filter(email=email.strip().lower(), is_active=True).first()

    def for_email(self, email: str, *, name: str = "", language: str = "en") -> "User":
        """The person with this address; made, without a password, when new. Whoever has no name yet gets this one: of
        the client list, or their own. What an importer calls somebody stays with that importer (`calls`)."""
        try:
            user = self.get(email__iexact=email.strip())
        except User.DoesNotExist:
            return self.create_user(email, name=name, language=language)
        if name and not user.name:
            user.name = name
            user.save(update_fields=["name"])
        return user

    def for_emails(self, wanted: Mapping[str, tuple[str, str]]) -> "dict[str, User]":
        """As `for_email`, for many at once: `wanted` has the name and the language of each; found by lower case."""
        by_email = {email.strip().lower(): about for email, about in wanted.items()}
        known = self.annotate(mailbox=Lower("email")).filter(mailbox__in=by_email)
        new = by_email.keys() - set(known.values_list("mailbox", flat=True))
        people = [User(email=email, name=by_email[email][0], language=by_email[email][1]) for email in sorted(new)]
        for person in people:
            person.set_unusable_password()
        self.bulk_create(people, ignore_conflicts=True)
        return {user.email.lower(): user for user in known.all()}

    def system(self) -> "User":
        """Stands for the portal itself, where a deed has no person: a list loaded by command, a schedule."""
        return self.get_or_create(email=SYSTEM_EMAIL, defaults={"name": SYSTEM_NAME, "is_active": False})[0]

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = User(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, **(fields | {"is_staff": True, "is_superuser": True}))


@tracked(exclude=("password", "last_login"))
class User(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="en")
    is_staff = models.BooleanField(_("broker staff"), default=False)
    wants_digest = models.BooleanField(_("gets the daily digest"), default=True)  # of staff only
    is_active = models.BooleanField(_("may sign in"), default=True)
    date_joined = models.DateTimeField(_("since"), auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.partition(" ")[0]


@tracked()
class BrokerFirm(models.Model):
    """The one firm that runs this portal."""

    name = models.CharField(_("name"), max_length=LONGEST_NAME)
    contact_name = models.CharField(_("contact person"), max_length=LONGEST_NAME)
    phone = models.CharField(_("phone"), max_length=LONGEST_PHONE)
    email = models.EmailField(_("e-mail"), max_length=LONGEST_EMAIL)
    colour = models.CharField(_("accent colour"), max_length=7, default="#0b4f6c")
    importer_number = models.CharField(
        _("the firm's own importer number"),
        max_length=LONGEST_NUMBER,
        blank=True,
        help_text=_("Goes on Form 4811 and in box 28 of the entries."),
    )
    filer_code = models.CharField(
        _("filer code"),
        max_length=3,
        blank=True,
        help_text=_("The first three characters of the entry numbers that we file."),
    )
    ach_enrolled_at = models.DateTimeField(_("own ACH refund enrolment seen in ACE"), null=True, blank=True)
    ach_enrolled_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("broker firm")
        verbose_name_plural = _("broker firm")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="brokerfirm_one_row"),
            pair("ach_enrolled"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def own_filer(self) -> str:
        """The filer code as entry numbers have it, "" while it is not known."""
        return self.filer_code.strip().upper()

    @classmethod
    def current(cls) -> "BrokerFirm":
        """The row; made from the BROKER_* settings the first time."""
        defaults = {
            "name": settings.BROKER_NAME,
            "contact_name": settings.BROKER_CONTACT_NAME,
            "phone": settings.BROKER_PHONE,
            "email": settings.BROKER_EMAIL,
            "colour": settings.BROKER_COLOUR,
            "importer_number": settings.BROKER_IMPORTER_NUMBER,
            "filer_code": settings.BROKER_FILER_CODE,
        }
        return BrokerFirm.objects.get_or_create(pk=1, defaults=defaults)[0]
