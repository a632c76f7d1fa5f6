from django.db import migrations


def add(apps, schema_editor):
    apps.get_model("importers", "Campaign").objects.create(
        name="Refunds by ACH",
        deadline="2026-04-21",
        time_zone="Europe/Copenhagen",
        source="broker's guide, March 2026; no CBP source found",
    )


def remove(apps, schema_editor):
    apps.get_model("importers", "Campaign").objects.filter(name="Refunds by ACH", supersedes=None).delete()


class Migration(migrations.Migration):
    """The campaign that ships: the deadline of the broker's guide."""

    dependencies = [("importers", "0001_portal")]
    operations = [migrations.RunPython(add, remove)]
