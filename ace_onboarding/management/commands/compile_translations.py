from typing import Any

from django.core.management.base import BaseCommand

from ace_onboarding.translations import compile_stale


class Command(BaseCommand):
    help = "Compiles the translations that have changed (locale/*/LC_MESSAGES/*.po)."

    def handle(self, *args: Any, **options: Any) -> None:
        for source in compile_stale():
            self.stdout.write(f"Compiled {source}")
