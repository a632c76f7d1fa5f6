"""How gunicorn serves the portal, everywhere. Its addresses come from the command line."""

import os

workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = 4
preload_app = True  # the application is imported once, then forked
timeout = 30
graceful_timeout = 10
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
