"""The rules while others judge by them: they do not change under a report that is being read."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, transaction

from importers.models import BrokerFirm, User
from refunds.domain.rules import SHIPPED_CONTENT
from refunds.models import RuleVersion
from refunds.services import verdicts
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db(transaction=True)


def save_elsewhere(by: User) -> int:
    """On a connection of its own, which does not wait for long."""

    def save() -> int:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '300ms'")
            return verdicts.set_rules(SHIPPED_CONTENT, "looked up again", by=by).version
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(save).result(timeout=20)


def test_new_rules_wait_for_who_judges_by_the_old_ones() -> None:
    BrokerFirm.current()
    by = StaffFactory()
    with transaction.atomic():
        assert verdicts.held_rules().version == 0
        with pytest.raises(OperationalError, match="lock timeout"):
            save_elsewhere(by)
    assert not RuleVersion.objects.exists()
    assert save_elsewhere(by) == 1
    with transaction.atomic():
        assert verdicts.held_rules().version == 1
