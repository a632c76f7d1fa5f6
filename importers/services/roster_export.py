"""The client list as it stands now, in the columns in which it can be loaded again."""

from django.db.models import QuerySet

from importers.domain.facts import ExistingAccount, Route
from importers.domain.roster import Field
from importers.domain.roster.writing import ROUTES, YES_NO, client_list
from importers.models import ImporterOfRecord


def export(language: str, only: QuerySet[ImporterOfRecord] | None = None) -> bytes:
    """All importers, or these. Of a Social Security number only the mask: such a row cannot be loaded again."""
    rows = ImporterOfRecord.objects.select_related("officer", "ace_account", "assigned_to").order_by("name", "pk")
    if only is not None:
        rows = rows.filter(pk__in=only.order_by().values("pk"))
    return client_list((_row(importer, language) for importer in rows.iterator(chunk_size=1000)), language)


def _row(importer: ImporterOfRecord, language: str) -> dict[Field, str]:
    yes, no = YES_NO[language]
    own, form = ROUTES[language]
    officer = getattr(importer, "officer", None)
    account = getattr(importer, "ace_account", None)
    is_officer = bool(officer and officer.email.lower() == importer.contact_email.lower())
    return {
        Field.NAME: importer.name,
        Field.NUMBER: importer.number or importer.masked_number,
        Field.COUNTRY: str(importer.country),
        Field.CONTACT_NAME: importer.contact_name,
        Field.CONTACT_EMAIL: importer.contact_email,
        Field.KIND: importer.number_kind,
        Field.CONTACT_TITLE: importer.contact_title,
        Field.OFFICER: yes if is_officer else "",
        Field.CONTACT_PHONE: importer.contact_phone,
        Field.LANGUAGE: importer.language,
        Field.DDP: yes if importer.is_ddp else no,
        Field.ROUTE: {Route.OWN_ACCOUNT: own, Route.FORM_4811: form}[Route(importer.route)] if importer.route else "",
        Field.ENROLLED: yes if account and account.existing == ExistingAccount.ENROLLED else "",
        Field.ASSIGNED_TO: importer.assigned_to.email if importer.assigned_to else "",
    }
