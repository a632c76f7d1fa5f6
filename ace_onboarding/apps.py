from django.apps import AppConfig

from ace_onboarding.celery import app as celery_app

__all__ = ["PortalConfig", "celery_app"]  # imported here, so that tasks find their app in every process


class PortalConfig(AppConfig):
    name = "ace_onboarding"
    verbose_name = "Platform"
