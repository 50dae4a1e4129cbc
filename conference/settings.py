"""Settings, in sections. Each value comes from the environment with a default that works on a laptop; `docs/operations.md`
names them all. With DEBUG off no secret has a default."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from conference.core.logs import tracebacks

BASE_DIR = Path(__file__).resolve().parent.parent


def flag(name: str, default: bool = False) -> bool:
    return os.environ.get(name, str(default)).strip().lower() in {"1", "true", "yes", "on"}


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def secret(name: str) -> str:
    value = os.environ.get(name, "")
    if not value and not DEBUG:
        raise ImproperlyConfigured(f"Set {name} in the environment: it has no default when DEBUG is off.")
    return value or f"only-for-development-{name.lower()}-0123456789abcdef"


# --- Installation ---

DEBUG = flag("DEBUG", False)
SECRET_KEY = secret("CHAMA_SECRET_KEY")
VAR_DIR = Path(os.environ.get("CHAMA_VAR", BASE_DIR / "var"))
PORT = int(os.environ.get("PORT", "8000"))
ALLOWED_HOSTS = words("ALLOWED_HOSTS", "*" if DEBUG else "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = words("TRUSTED_ORIGINS")
SITE_NAME = os.environ.get("SITE_NAME", "Chama")
SITE_URL = os.environ.get("SITE_URL", f"http://localhost:{PORT}").rstrip("/")

INSTALLED_APPS = [
    "daphne",
    "servestatic.runserver_nostatic",
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "channels",
    "csp",
    "django_htmx",
    "conference",
    "django.contrib.admin",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "realtime",
]

MIDDLEWARE = [
    "conference.core.middleware.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "conference.core.middleware.ContentSecurityPolicyMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "conference.core.middleware.CompressTextMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "conference.core.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "conference.core.middleware.PrivatePagesMiddleware",
    "conference.core.middleware.TimeZoneMiddleware",
    "conference.core.middleware.WriteLimitMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "conference.core.middleware.RefusalMiddleware",
]

ROOT_URLCONF = "conference.urls"
ASGI_APPLICATION = "asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.template.context_processors.tz",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "conference.context.frame",
            ],
            "builtins": ["conference.templatetags.chama", "conference.templatetags.icons"],
        },
    }
]

# --- Database, cache, queue ---


def postgres(url: str) -> dict[str, object]:
    """Django's form of a postgresql:// address; a socket directory may stand in the host or in ?host=."""
    parts = urlsplit(url)
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    host = unquote(query.pop("host", "") or parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "chama",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or query.pop("port", "")),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 10, **{key: unquote(value) for key, value in query.items()}},
    }


DATABASES = {"default": postgres(os.environ.get("DATABASE_URL", "postgresql:///chama"))}
REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "chama",
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": "queue:",
    "socket_timeout": 30,
    "visibility_timeout": 3600,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "the worker is alive": {
        "task": "chama.run",
        "schedule": 15.0,
        "args": ["conference.core.health:mark_worker"],
        "options": {"expires": 30},
    },
    "countdowns that the queue lost": {
        "task": "chama.run",
        "schedule": 10.0,
        "args": ["realtime.broadcast.actions:settle_broadcasts"],
        "options": {"expires": 10},
    },
    "mails that the queue lost": {
        "task": "chama.run",
        "schedule": 60.0,
        "args": ["conference.notifications.actions:send_mails"],
        "options": {"expires": 60},
    },
    "files that nobody has any more": {
        "task": "chama.run",
        "schedule": 3600.0,
        "args": ["realtime.materials.actions:erase_orphans"],
        "options": {"expires": 600},
    },
    "slides that the queue lost": {
        "task": "chama.run",
        "schedule": 20.0,
        "args": ["realtime.slides.actions:convert_decks"],
        "options": {"expires": 20},
    },
    "pictures of slides that nobody has any more": {
        "task": "chama.run",
        "schedule": 3600.0,
        "args": ["realtime.slides.actions:erase_orphans"],
        "options": {"expires": 600},
    },
    "announcements that the queue lost": {
        "task": "chama.run",
        "schedule": 60.0,
        "args": ["realtime.announcements.actions:tell_announcements"],
        "options": {"expires": 60},
    },
}

# --- People and sign-in ---

AUTH_USER_MODEL = "conference.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name", "name_latin")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = "/"

SIGN_IN_MINUTES = int(os.environ.get("SIGN_IN_MINUTES", "15"))
SIGN_IN_TRIES = 5
SIGN_IN_MAILS_PER_ADDRESS = int(os.environ.get("SIGN_IN_MAILS_PER_ADDRESS", "6"))
SIGN_IN_MAILS_PER_IP = int(os.environ.get("SIGN_IN_MAILS_PER_IP", "300"))
FRESH_MINUTES = 15

NEW_CONVERSATIONS_PER_DAY = int(os.environ.get("NEW_CONVERSATIONS_PER_DAY", "20"))

ACCOUNT_ADAPTER = "conference.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS = SIGN_IN_TRIES
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_FORMAT = {"length": 6, "numeric": True, "dashed": False}
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = True
# A whole hall may come from one address; what protects an account is counted by its e-mail address.
ACCOUNT_RATE_LIMITS = {"login": "120/m/ip", "login_failed": "60/m/ip,5/300s/key"}
MFA_RATE_LIMITS = {"webauthn_login": "120/m/ip"}
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("TRUSTED_PROXIES", "1" if flag("BEHIND_TLS") else "0"))

MFA_ADAPTER = "conference.accounts.adapter.PasskeyAdapter"
MFA_SUPPORTED_TYPES = ["webauthn"]
MFA_FORMS = {
    "login_webauthn": "conference.accounts.forms.PasskeySignInForm",
    "add_webauthn": "conference.accounts.forms.AddPasskeyForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG

# {"google": {"client_id": "...", "secret": "...", "origin": "https://accounts.google.com"}}: see docs/operations.md.
SOCIAL_PROVIDERS = json.loads(os.environ.get("SOCIAL_PROVIDERS", "{}"))
INSTALLED_APPS += [f"allauth.socialaccount.providers.{provider}" for provider in SOCIAL_PROVIDERS]
SOCIALACCOUNT_PROVIDERS = {
    provider: {"APPS": [{key: value for key, value in options.items() if key != "origin"}]}
    for provider, options in SOCIAL_PROVIDERS.items()
}
SOCIALACCOUNT_ADAPTER = "conference.accounts.adapter.ServiceAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True

# Lowest first; each one's queries and actions say what they hold of a person (core.personal_data).
PERSONAL_DATA_PACKAGES = [
    "conference.accounts",
    "conference.events",
    "conference.notifications",
    "conference.registration",
    "conference.rooms",
    "conference.programme",
    "realtime.announcements",
    "realtime.broadcast",
    "realtime.captions",
    "realtime.chat",
    "realtime.direct",
    "realtime.moderation",
    "realtime.materials",
    "realtime.polls",
    "realtime.questions",
    "realtime.slides",
    "realtime.stage",
]

# --- Languages and time ---

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
CONTENT_LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"

# --- Files ---

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "conference.staticfiles.NpmFinder",
]
NPM_ROOT = BASE_DIR / "node_modules"
NPM_FILES = [
    "htmx.org/dist/htmx.min.js",
    "htmx.org/dist/htmx.esm.js",
    "@fontsource-variable/*/files/*-wght-normal.woff2",
    "@fontsource-variable/noto-sans-sc/wght.css",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "conference.staticfiles.HashedStorage"},
}
# With DEBUG, ServeStatic reads the files where they lie, so an edit shows at the next reload.
SERVESTATIC_KEEP_ONLY_HASHED_FILES = True
SERVESTATIC_ALLOW_ALL_ORIGINS = False
MEDIA_URL = "uploads/"
MEDIA_ROOT = VAR_DIR / "uploads"
MATERIAL_MEGABYTES = int(os.environ.get("MATERIAL_MEGABYTES", "20"))
SLIDES_MEGABYTES = int(os.environ.get("SLIDES_MEGABYTES", "30"))
MAX_BODY_BYTES = max(22, MATERIAL_MEGABYTES + 2, SLIDES_MEGABYTES + 2) * 1024 * 1024
# A venue has thousands of people behind one address; a single machine that opens as many sockets is a mistake or an attack.
SOCKETS_PER_ADDRESS = int(os.environ.get("SOCKETS_PER_ADDRESS", "3000"))
CHAT_TRANSLATOR = os.environ.get("CHAT_TRANSLATOR", "")
LEAVE_SECONDS = float(os.environ.get("LEAVE_SECONDS", "3"))
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# --- Mail ---

DEFAULT_FROM_EMAIL = os.environ.get("MAIL_FROM", "Chama <noreply@localhost>")
MAIL_URL = os.environ.get("MAIL_URL", "")
if MAIL_URL:
    mail = urlsplit(MAIL_URL)
    EMAIL_HOST = mail.hostname or "localhost"
    EMAIL_PORT = mail.port or {"smtp": 25, "smtp+tls": 587, "smtps": 465}.get(mail.scheme, 25)
    EMAIL_HOST_USER = unquote(mail.username or "")
    EMAIL_HOST_PASSWORD = unquote(mail.password or "")
    EMAIL_USE_TLS = mail.scheme == "smtp+tls"
    EMAIL_USE_SSL = mail.scheme == "smtps"
    EMAIL_TIMEOUT = 20
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = VAR_DIR / "mail"

# --- The live plane and the media process ---

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": None}], "prefix": "channels"},
    }
}
MEDIA_SECRET = secret("MEDIA_SECRET")
MEDIA_PORT = int(os.environ.get("MEDIA_PORT", str(PORT + 1)))
MEDIA_PUBLIC_URL = os.environ.get("MEDIA_PUBLIC_URL", "").rstrip("/")
MEDIA_INTERNAL_URL = os.environ.get("MEDIA_INTERNAL_URL", f"http://127.0.0.1:{MEDIA_PORT}").rstrip("/")
MEDIA_ICE_SERVERS = json.loads(os.environ.get("MEDIA_ICE_SERVERS", "[]"))

# --- Security ---

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 24 * 3600
CSRF_COOKIE_SAMESITE = "Lax"
BEHIND_TLS = flag("BEHIND_TLS", False)
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600

CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": [],
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [
            SELF,
            *(options["origin"] for options in SOCIAL_PROVIDERS.values() if "origin" in options),
        ],
        "frame-ancestors": [NONE],
    },
}

# --- Back office ---

UNFOLD = {
    "SITE_TITLE": _("Chama back office"),
    "SITE_HEADER": "Chama",
    "SITE_URL": "/",
    "SHOW_VIEW_ON_SITE": False,
    "SITE_ICON": lambda request: static("img/mark.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/mark.svg")}],
    "SIDEBAR": {"show_search": False, "navigation": "conference.admin.navigation"},
    # The tea green of static/css/base.css, in unfold's steps.
    "COLORS": {
        "primary": {
            "50": "oklch(97% .018 160)", "100": "oklch(94% .034 160)", "200": "oklch(88% .06 160)",
            "300": "oklch(80% .085 160)", "400": "oklch(68% .095 160)", "500": "oklch(54% .09 160)",
            "600": "oklch(43% .075 160)", "700": "oklch(37% .064 160)", "800": "oklch(31% .052 160)",
            "900": "oklch(26% .042 160)", "950": "oklch(19% .03 160)",
        }
    },
}  # fmt: skip

# --- Logs: one line of JSON each, with the request's id and without personal data ---

LOG_FORMAT = os.environ.get("LOG_FORMAT", "json")
_shared: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "foreign_pre_chain": _shared,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *(
                    [
                        tracebacks,
                        structlog.processors.JSONRenderer(ensure_ascii=False),
                    ]
                    if LOG_FORMAT == "json"
                    else [structlog.dev.ConsoleRenderer(colors=False)]
                ),
            ],
        }
    },
    "filters": {"no paths": {"()": "conference.core.logs.RouteInsteadOfPath"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "structured", "filters": ["no paths"]}
    },
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.server": {"handlers": ["console"], "propagate": False, "level": "WARNING"},
        "django.channels.server": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
    },
}
structlog.configure(
    processors=[
        *_shared,
        structlog.processors.StackInfoRenderer(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=False,
)
