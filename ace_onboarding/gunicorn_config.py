"""How gunicorn serves the portal, everywhere. Its addresses come from the command line."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ace_onboarding.settings")
try:
    workers = settings.WEB_WORKERS
except ImproperlyConfigured as error:
    sys.exit(str(error))  # in one line, where gunicorn would show a traceback
threads = 4
preload_app = True  # the application is imported once, then forked
timeout = 30
graceful_timeout = 10
max_requests = 5000  # a worker begins anew now and then: what little each request may leave behind goes
max_requests_jitter = 500  # not all of them at once
control_socket_disable = True
accesslog = "-"
# Neither query strings nor referrers: they may hold what somebody searched for.
access_log_format = 'ip=%(h)s method=%(m)s path="%(U)s" status=%(s)s bytes=%(B)s seconds=%(L)s'
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "ace_onboarding.logs.MaskingFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "gunicorn.error": {"handlers": [], "propagate": True, "level": "INFO"},
        "gunicorn.access": {"handlers": [], "propagate": True, "level": "INFO"},
    },
}
