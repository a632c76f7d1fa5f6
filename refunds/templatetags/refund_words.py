"""Named elements for the templates about refunds."""

from django import template

from refunds import wording

register = template.Library()

register.filter("usd", wording.usd)
