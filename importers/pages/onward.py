"""Where somebody goes on after a step is saved."""

from django.urls import reverse

from importers.models import ImporterOfRecord
from importers.pages.checklist import next_thing
from importers.pages.importer import ImporterPage, page_of


def onward(page: ImporterPage) -> str:
    """The next step that this person can do now, with what has just been saved; the checklist when there is none, and
    when what is next is for somebody else: only the officer declares."""
    importer = ImporterOfRecord.objects.with_facts().get(pk=page.importer.pk)
    now = page_of(importer, page.user, page.firm)
    declares = now.checklist.importer_step is now.checklist["inform-broker"]
    if declares and not now.is_officers:
        return reverse("checklist", args=[importer.uuid])
    return next_thing(now).url or reverse("checklist", args=[importer.uuid])
