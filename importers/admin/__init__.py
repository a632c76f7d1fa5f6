"""The staff's side of the portal: who is stuck, why, and who must act."""

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group

from importers.admin import campaigns, errands, firm, importers, mail_texts, mailboxes, mails, people, questions

__all__ = ["campaigns", "errands", "firm", "importers", "mail_texts", "mailboxes", "mails", "people", "questions"]

# Nobody works with these by hand: second factors are reset on a person's page, groups are not used.
for model in (Group, EmailAddress, EmailConfirmation, Authenticator):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
