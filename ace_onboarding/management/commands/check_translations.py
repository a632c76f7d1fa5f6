from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ace_onboarding.translations import problems


class Command(BaseCommand):
    help = "Every text is in the Danish catalogue and translated (needs the gettext programs)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        found = problems()
        if found:
            raise CommandError(f"{len(found)} problems (see 'make messages'):\n" + "\n".join(found))
