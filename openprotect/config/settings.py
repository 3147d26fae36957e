"""Django's settings. Everything that differs between places comes from `config.environment`."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF

from openprotect.config import environment, keys, log
from openprotect.config.database_urls import django_database

ENVIRONMENT = environment.read(os.environ, home=Path.home())
PACKAGE = Path(__file__).resolve().parents[1]

MODE = ENVIRONMENT.mode
DATA = ENVIRONMENT.data
BASE_URL = ENVIRONMENT.base_url
ANCHOR = ENVIRONMENT.anchor
ANCHOR_EVERY = timedelta(minutes=ENVIRONMENT.anchor_minutes)
ANCHOR_EMAIL = ENVIRONMENT.anchor_email
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)
DEBUG = False

_made = {} if ENVIRONMENT.is_live else keys.kept_or_made(DATA, environment.KEYS)
SECRET_KEY = ENVIRONMENT.secret_key or _made["secret_key"]
LINK_KEY = ENVIRONMENT.link_key or _made["link_key"]
PSEUDONYM_KEY = ENVIRONMENT.pseudonym_key or _made["pseudonym_key"]

# Only a web process has threads that come and go; a pool elsewhere holds connections for nothing.
_pool = {"min_size": 2, "max_size": 4, "timeout": 10} if os.environ.get("OPENPROTECT_PROCESS") == "web" else None
DATABASES: dict[str, dict[str, Any]] = {
    "default": django_database(ENVIRONMENT.urls.app if ENVIRONMENT.urls else None, pool=_pool)
}
# Migrations run as the owner and grant to this role; see config.database.
APP_ROLE = ENVIRONMENT.urls.app_role if ENVIRONMENT.urls else "openprotect_app"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "procrastinate.contrib.django",
    "openprotect.governance",
    "openprotect.people",
    "openprotect.programmes",
    "openprotect.journey.identify",
    "openprotect.journey.contact",
    "openprotect.journey.check_in",
    "openprotect.journey.triage",
    "openprotect.journey.act",
    "openprotect.journey.learn",
    "openprotect.interop.outbox",
    "openprotect.config",  # last: its start-up fills the ports of the others
]
MIDDLEWARE = [
    "django.middleware.gzip.GZipMiddleware",  # an old phone on a slow line; lengths are padded
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "openprotect.web.middleware.private_answers",
    "openprotect.web.middleware.ScopeMiddleware",
    "allauth.account.middleware.AccountMiddleware",  # inside the scope: what it reads is bound by it
    "openprotect.web.sign_in.middleware.SignInMiddleware",
]
AUTH_USER_MODEL = "governance.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("MinimumLengthValidator", {"min_length": 12}),
        ("UserAttributeSimilarityValidator", {"user_attributes": ("username", "name")}),
        ("CommonPasswordValidator", {}),
    )
]
LOGIN_URL = "account_login"
# Sign-in. Nobody signs up: an administrator appoints; what a provider says of somebody is not kept.
ACCOUNT_ADAPTER = "openprotect.web.sign_in.adapters.Accounts"
SOCIALACCOUNT_ADAPTER = "openprotect.web.sign_in.adapters.Providers"
MFA_ADAPTER = "openprotect.web.sign_in.adapters.SecondFactors"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
# Of one account from one address; another address is not held up by it, nor by the next quarter of an hour.
ACCOUNT_RATE_LIMITS = {"login_failed": "60/m/ip,5/15m/key", "login": "300/m/ip"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "OpenProtect"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not ENVIRONMENT.speaks_https  # a browser allows passkeys on localhost alone
SOCIALACCOUNT_LOGIN_ON_GET = True  # a link: a form that leads elsewhere is what the policy of forms forbids
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [provider.app() for provider in ENVIRONMENT.providers]}}
# Counts of failed tries and codes that were used: for all processes, and read by the sign-in pages alone.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "governance_signincache",
        # Of the 300 by default, tries under made-up names would soon push out the count of an account's own.
        "OPTIONS": {"MAX_ENTRIES": 1_000_000},
    }
}
ROOT_URLCONF = "openprotect.config.urls"
WSGI_APPLICATION = "openprotect.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [PACKAGE / "web" / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "openprotect.web.templating.environment",
            "context_processors": ["openprotect.web.pages.given"],
        },
    }
]
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""  # our jobs stand in one place, not in each app
PROCRASTINATE_IMPORT_PATHS = ["openprotect.jobs.tasks"]

LANGUAGE_CODE = "en-gb"
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [folder for folder in [PACKAGE / "web" / "static"] if folder.is_dir()]
WHITENOISE_MAX_AGE = 7 * 24 * 60 * 60  # the address changes with the file; see web.templating
WHITENOISE_USE_FINDERS = True  # reads them where they are at start-up: no folder to fill, no step to forget

SESSION_ENGINE = "django.contrib.sessions.backends.db"
# How long a colleague's session may rest, how long it may last, and in how many browsers.
STAFF_IDLE_SECONDS = ENVIRONMENT.staff_idle_minutes * 60
STAFF_SESSION_SECONDS = SESSION_COOKIE_AGE = ENVIRONMENT.staff_session_hours * 60 * 60
STAFF_SESSIONS = ENVIRONMENT.staff_sessions
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENVIRONMENT.is_live
CSRF_TRUSTED_ORIGINS = [BASE_URL]
# A reverse proxy ends TLS in front of us: only then is its word about the scheme taken.
PROXIES = ENVIRONMENT.proxies
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.speaks_https else None
SECURE_SSL_REDIRECT = ENVIRONMENT.is_live and ENVIRONMENT.speaks_https
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if SECURE_SSL_REDIRECT else 0
# A personal link must not travel on in a Referer; see web.middleware.private_answers.
SECURE_REFERRER_POLICY = "strict-origin"
CSRF_FAILURE_VIEW = "openprotect.web.errors.form_expired"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SERVICE_NAME = "OpenProtect"
# The number that a person answers, the same whatever the programme: it stands on the door,
# where nobody is known yet. 01632 is the range that is given to nobody.
HELP_PHONE = os.environ.get("OPENPROTECT_HELP_PHONE", "01632 960001")
HELP_HOURS = os.environ.get("OPENPROTECT_HELP_HOURS", "8am to 8pm every day")
# A person's page may rest so long before date of birth and link are needed again.
PERSON_SESSION_SECONDS = 30 * 60

# Longer than any form of ours, shorter than what would tie up a worker.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

LOGGING = log.configuration(live=ENVIRONMENT.is_live)
log.configure()
