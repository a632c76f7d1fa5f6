"""How tests look at pages."""

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from importers.models import ImporterOfRecord, User


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(importer: ImporterOfRecord, key: str, name: str = "step") -> str:
    """Of a step, or of a page that belongs to one."""
    return reverse(name, args=[importer.uuid, key])


def html(response: HttpResponse, status: int = 200) -> str:
    assert response.status_code == status
    return response.content.decode()
