from typing import Any

from django.core.management.base import BaseCommand

from ace_onboarding.translations import collect


class Command(BaseCommand):
    help = "Brings locale/da up to date with the texts in the sources (needs the gettext programs)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        collect()
