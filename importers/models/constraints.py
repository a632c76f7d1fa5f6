"""Constraints that many tables share, each written once."""

from enum import Enum

from django.db.models import CheckConstraint, Q


def pair(name: str) -> CheckConstraint:
    """`<name>_at` and `<name>_by` are both set or both empty: no deed without a doer, no doer without a time."""
    at, by = f"{name}_at__isnull", f"{name}_by__isnull"
    return CheckConstraint(
        condition=Q(**{at: True, by: True}) | Q(**{at: False, by: False}), name=f"%(class)s_{name}_pair"
    )


def known(field: str, values: type[Enum], *, blank: bool = False) -> CheckConstraint:
    """The column holds one of the enum's values (or "" where `blank`)."""
    allowed = [str(member.value) for member in values] + ([""] if blank else [])
    return CheckConstraint(condition=Q(**{f"{field}__in": allowed}), name=f"%(class)s_{field}_known")
