"""The portal's settings: the environment goes in, bad values are refused. `.env.example` explains each.

Without DATABASE_URL the portal is "embedded": it brings its own PostgreSQL, keeps what it needs in VAR_DIR
and keeps mails instead of sending them. With DEBUG off nothing that matters has a default.
"""

from email.utils import quote
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured

from ace_onboarding import environment as env
from ace_onboarding.embedded import MARKER, Cluster
from importers.domain.firm import LONGEST_NAME, LONGEST_PHONE

BASE_DIR = Path(__file__).resolve().parent.parent
env.read_env_file("ENV_FILE", BASE_DIR / ".env")

# --- where it runs -----------------------------------------------------------------------------------
VAR_DIR = env.folder("VAR_DIR", BASE_DIR / "var")
DATABASE_URL = env.text("DATABASE_URL", Cluster(VAR_DIR).url())
EMBEDDED = env.text("DATABASE_URL") in {"", env.text(MARKER)}
DEBUG = env.flag("DEBUG", default=EMBEDDED)
SECRETS_DIR = VAR_DIR / "secrets" if DEBUG else None

SECRET_KEY = env.secret("SECRET_KEY", kept_in=SECRETS_DIR)
FINGERPRINT_KEY = env.secret("FINGERPRINT_KEY", kept_in=SECRETS_DIR)  # never changes: SSNs are matched by it

PUBLIC_URL = env.origin("PUBLIC_URL", "http://127.0.0.1:8000" if DEBUG else "")
env.required(
    "PUBLIC_URL",
    PUBLIC_URL,
    "the address of the portal, for the links in mails, like https://portal.example.com.",
)
PUBLIC_HOST = urlsplit(PUBLIC_URL).hostname or ""
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]", PUBLIC_HOST] if DEBUG else [])
if not ALLOWED_HOSTS or ("*" in ALLOWED_HOSTS and not DEBUG):
    raise ImproperlyConfigured(
        "ALLOWED_HOSTS must name the hosts the portal answers to, with commas between them, never *."
    )
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0)
WEB_WORKERS = env.number("WEB_WORKERS", 2, lowest=1)

# --- the broker firm (its row is made from these once; afterwards the admin is the place to change it) ---
BROKER_NAME = env.line("BROKER_NAME", "ALPI Customs Brokers Inc.", LONGEST_NAME)
BROKER_CONTACT_NAME = env.line("BROKER_CONTACT_NAME", "Jens Anton Rahbek", LONGEST_NAME)
BROKER_PHONE = env.line("BROKER_PHONE", "+45 9928 7817", LONGEST_PHONE)
BROKER_EMAIL = env.mail_address("BROKER_EMAIL", "jar@alpi.dk")
BROKER_COLOUR = env.matching("BROKER_COLOUR", "#0b4f6c", "#[0-9A-Fa-f]{6}", "#0b4f6c")
BROKER_IMPORTER_NUMBER = env.firm_number("BROKER_IMPORTER_NUMBER")
BROKER_FILER_CODE = env.filer_code("BROKER_FILER_CODE")

# --- what it is made of ------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # before the admin, whose templates it replaces
    "importers.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",  # allauth's page of passkeys uses it
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "crispy_forms",
    "csp",
    "django_countries",
    "phonenumber_field",
    "pgtrigger",
    "pghistory",
    "django_linear_migrations",
    "health_check",
    "ace_onboarding",
    "refunds",  # before importers, some of whose commands it does one thing more in
    "importers",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # varies the length, so that what is secret on a page cannot be measured
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "ace_onboarding.csp.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "importers.middleware.SignInFirst",
    "importers.middleware.SlidingSession",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "importers.middleware.StaffSecondFactor",
    "ace_onboarding.history.HistoryWithoutTokens",
]
ROOT_URLCONF = "ace_onboarding.urls"
WSGI_APPLICATION = "ace_onboarding.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "importers.context.portal",
            ],
        },
    }
]
CRISPY_ALLOWED_TEMPLATE_PACKS = ("portal",)
CRISPY_TEMPLATE_PACK = "portal"
CRISPY_FAIL_SILENTLY = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
UNFOLD = {
    "SITE_TITLE": "importers.admin.theme.firm_name",
    "SITE_HEADER": "importers.admin.theme.firm_name",
    "SITE_SYMBOL": "anchor",
    "SITE_URL": None,
    "SHOW_VIEW_ON_SITE": False,
    "COLORS": {"primary": "importers.admin.theme.primary"},
    "STYLES": ["importers.admin.theme.style_sheet"],
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "importers.admin.theme.icon"}],
    "DASHBOARD_CALLBACK": "importers.admin.dashboard.dashboard",
    "SIDEBAR": {"show_search": False, "navigation": "importers.admin.navigation.navigation"},
    "ACCOUNT": {"navigation": "importers.admin.navigation.account"},
}

# --- data --------------------------------------------------------------------------------------------
DATABASES = {
    "default": env.database(DATABASE_URL) | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "ATOMIC_REQUESTS": False}
}
# Sign-in limits must hold in every process and outlive a wiped Redis: they are kept in the database. With more entries
# than allowed Django would throw away live ones: so there is room for all, and a task forgets what has run out.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "portal_cache",
        "OPTIONS": {"MAX_ENTRIES": 1_000_000},
    },
}
PGHISTORY_APPEND_ONLY = True  # rows of the history cannot be changed or deleted
PHONENUMBER_DB_FORMAT = "E164"

# --- language and time -------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("da", "Dansk")]
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60  # the choice outlives the browser, as the session does
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Europe/Copenhagen"
USE_TZ = True

# --- static files ------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env.made(VAR_DIR / "static") if DEBUG else BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- mail --------------------------------------------------------------------------------------------
EMAIL_URL = env.text("EMAIL_URL")
MAILS_KEPT = not EMAIL_URL  # mails are not sent: staff read them in the admin
if MAILS_KEPT and not DEBUG:
    env.required("EMAIL_URL", "", "the mail server, like smtp+tls://user:password@host:587.")
_email: dict[str, Any] = env.email(EMAIL_URL or "dummymail://")
EMAIL_BACKEND = _email["EMAIL_BACKEND"]
EMAIL_HOST = _email["EMAIL_HOST"] or "localhost"
EMAIL_PORT = _email["EMAIL_PORT"] or 25
EMAIL_HOST_USER = _email["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = _email.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _email.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = env.number("EMAIL_TIMEOUT", 20, lowest=1)
# Whoever has claimed a mail has it for so long; half of it must be enough for the four answers a server owes.
MAIL_LEASE = env.number("MAIL_LEASE", 300, lowest=8)
if MAIL_LEASE < 8 * EMAIL_TIMEOUT:
    raise ImproperlyConfigured(
        f"MAIL_LEASE is {MAIL_LEASE}: make it at least 8 times EMAIL_TIMEOUT, which is {EMAIL_TIMEOUT}."
    )
MAIL_TRIES = env.number("MAIL_TRIES", 14, lowest=1)
MAIL_FIRST_PAUSE = env.number("MAIL_FIRST_PAUSE", 60, lowest=1)
MAILS_A_MINUTE = env.number("MAILS_A_MINUTE", 0)
MAILS_A_MINUTE_PER_DOMAIN = env.number("MAILS_A_MINUTE_PER_DOMAIN", 0)
MAILS_A_CONNECTION = env.number("MAILS_A_CONNECTION", 100, lowest=1)
# Providers that report what became of a mail: the key that they sign with, or the password that they send.
MAIL_WEBHOOKS = {
    "mailersend": env.text("MAILERSEND_SIGNING_SECRET"),
    "mailgun": env.text("MAILGUN_SIGNING_KEY"),
    "mailtrap": env.text("MAILTRAP_SIGNING_SECRET"),
    "mandrill": env.text("MANDRILL_WEBHOOK_KEY"),
    "brevo": env.text("BREVO_WEBHOOK_PASSWORD"),
    "postmark": env.text("POSTMARK_WEBHOOK_PASSWORD"),
}
DEFAULT_FROM_EMAIL = env.sender("DEFAULT_FROM_EMAIL", f'"{quote(BROKER_NAME)}" <{BROKER_EMAIL}>')
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- jobs: Redis when there is one, else files; either is only a doorbell, the rows are in the database ---
REDIS_URL = env.redis("REDIS_URL")
BROKER_FOLDER = VAR_DIR / "broker"
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1) or "filesystem://localhost"
SWEEP_EVERY = env.number("SWEEP_EVERY", 60, lowest=1, highest=600)
REMINDERS_EVERY = env.number("REMINDERS_EVERY", 300, lowest=1, highest=3600)

# --- sign-in -----------------------------------------------------------------------------------------
AUTH_USER_MODEL = "importers.User"
AUTHENTICATION_BACKENDS = ["importers.adapters.StaffPassword"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_request_login_code"  # importers; the admin leads its own people to account_login
LOGIN_REDIRECT_URL = "/importers/"
ACCOUNT_ADAPTER = "importers.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]  # nobody signs up; without this allauth asks staff for no password
ACCOUNT_EMAIL_VERIFICATION = "none"  # the mailed code proves the mailbox
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 3
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_PREVENT_ENUMERATION = "strict"
# Django's own looks at User.email alone; allauth's would write rows of its table of addresses.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105 - a class
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True  # the adapter makes the same effort for them, and sends nothing
ACCOUNT_FORMS = {
    "login": "importers.forms.account.PasswordForm",
    "reset_password": "importers.forms.account.ResetForm",
    "request_login_code": "importers.forms.account.RequestCodeForm",
    "confirm_login_code": "importers.forms.account.ConfirmCodeForm",
}
_MAILED = "20/m/ip,3/m/key,10/h/key"  # what anybody who knows an address or holds a link can have mailed
ACCOUNT_RATE_LIMITS = {  # every limit of a page that is open: none hangs on what a version of allauth leaves unsaid
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "request_login_code": _MAILED,
    "code_from_link": _MAILED,  # for each link: who only knows the address cannot lock its owner out of it
    "new_link": _MAILED,
    "keep_draft": "20/m/ip,20/m/key",  # a session each; nobody who types a form sends more
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
STAFF_MFA_REQUIRED = env.flag("STAFF_MFA_REQUIRED", default=not DEBUG)
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # staff are added by a colleague; nothing asks them to confirm their address
MFA_TOTP_ISSUER = BROKER_NAME
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG

# --- what browsers are told --------------------------------------------------------------------------
SECURE_COOKIES = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE_COOKIES
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "importers.views.stale.refused"
SESSION_COOKIE_AGE = 14 * 24 * 60 * 60  # after the last page, see importers.middleware.SlidingSession
SECURE_REFERRER_POLICY = "same-origin"  # CSRF checks over https need it; pages with a token say no-referrer
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=SECURE_COOKIES and not DEBUG)
SECURE_REDIRECT_EXEMPT = [r"^health/"]  # asked from inside, without TLS
SECURE_HSTS_SECONDS = env.number("SECURE_HSTS_SECONDS", 31_536_000 if SECURE_SSL_REDIRECT else 0)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
if not DEBUG and not SECURE_COOKIES and PUBLIC_HOST not in _LOOPBACK:
    raise ImproperlyConfigured("PUBLIC_URL must start with https:// with DEBUG off.")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # data: the QR code of the authenticator app
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
# The admin's own scripts (Alpine.js) evaluate expressions in attributes; still nothing from other hosts.
CONTENT_SECURITY_POLICY_ADMIN = {
    "script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}

# --- logs --------------------------------------------------------------------------------------------
LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "ace_onboarding.logs.MaskingFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
    },
}
