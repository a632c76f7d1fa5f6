from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps  # not the class: Django takes every AppConfig here for ours
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class ImportersConfig(AppConfig):
    name = "importers"
    default = True
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Importers")

    def ready(self) -> None:
        autodiscover_modules("checks")


class PortalAdminConfig(admin_apps.AdminConfig):
    """Django's admin, with our own door (see importers/site.py)."""

    default = False
    default_site = "importers.site.PortalAdminSite"
