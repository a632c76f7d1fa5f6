from django.db import migrations

RENAMED = {
    "existing-account": {"unknown": "account-unknown"},
    "ace-account": {
        "code-late": "code-ran-out",
        "name": "name-not-accepted",
        "number": "number-not-accepted",
        "linked": "already-linked",
    },
    "ach-refund": {"no-tab": "tab-missing", "refused": "routing-refused"},
    "form-4811": {"where": "notify-party-not-found"},
}


def rename(apps, schema_editor):
    questions = apps.get_model("importers", "Question").objects
    for step, topics in RENAMED.items():
        for old, new in topics.items():
            questions.filter(step=step, topic=old).update(topic=new)


def rename_back(apps, schema_editor):
    questions = apps.get_model("importers", "Question").objects
    for step, topics in RENAMED.items():
        for old, new in topics.items():
            questions.filter(step=step, topic=new).update(topic=old)


class Migration(migrations.Migration):

    dependencies = [
        ('importers', '0010_answers_are_read'),
    ]

    operations = [migrations.RunPython(rename, rename_back)]
