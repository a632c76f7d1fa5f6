"""The forms of the checklist: each lists its fields, fills itself from the importer, and calls one service."""

from importers.forms.base import PortalForm, StepForm, saved
from importers.forms.steps import STEP_FORMS

__all__ = ["STEP_FORMS", "PortalForm", "StepForm", "saved"]
