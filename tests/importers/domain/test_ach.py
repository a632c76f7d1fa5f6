import pytest

from importers.domain.ach import BEFORE_APPLYING, ON_THE_TAB, AchSeen, refuse_duty_ach
from importers.domain.checklist import Status, evaluate
from importers.domain.errors import RuleViolation
from importers.domain.facts import ACHStatus
from tests.samples_of_facts import own_account


@pytest.mark.parametrize("advice", [BEFORE_APPLYING, ON_THE_TAB], ids=["asked before", "asked on the tab"])
@pytest.mark.parametrize("seen", [AchSeen.DUTY, AchSeen.UNSURE])
def test_only_the_tab_for_refunds_counts(advice: dict[AchSeen, str], seen: AchSeen) -> None:
    refuse_duty_ach(AchSeen.REFUND_TAB, advice)
    with pytest.raises(RuleViolation) as refused:
        refuse_duty_ach(seen, advice)
    assert refused.value.code == f"ach_{seen}"
    assert "ACH Refund Authorization" in refused.value.message or "not set up" in refused.value.message


@pytest.mark.parametrize("seen", [ACHStatus.NONE, ACHStatus.NO_TAB, ACHStatus.ERROR])
def test_whatever_else_ace_shows_leaves_the_step_open(seen: ACHStatus) -> None:
    assert evaluate(own_account(ach=seen))["ach-refund"].status is Status.IN_PROGRESS
    assert evaluate(own_account(ach=ACHStatus.UNKNOWN))["ach-refund"].status is Status.NOT_STARTED
    assert evaluate(own_account())["ach-refund"].status is Status.DONE
