"""Settings, read from the environment; ``yingshang.runtime`` sets it for the demo, the service and the tests.

========================  ======================================================================================
YINGSHANG_MODE            ``demo``, ``production`` or ``test`` (default ``production``)
DATABASE_URL              PostgreSQL URL; the runtime fills in that of the embedded server when it is unset
YINGSHANG_HOME            folder of uploads and generated files (default ``./var``)
YINGSHANG_SECRET_KEY      secret of sessions and signatures; has no default outside demo and test
YINGSHANG_ALLOWED_HOSTS   comma-separated host names
YINGSHANG_TLS             ``proxy`` (X-Forwarded-Proto is trusted) or ``direct``; required in production
YINGSHANG_DISTRICT        folder under ``districts/`` (default ``qiantang``)
========================  ======================================================================================
"""

import os
from pathlib import Path

from csp.constants import NONE, SELF, UNSAFE_INLINE
from psycopg.conninfo import conninfo_to_dict

PACKAGE = Path(__file__).resolve().parent
MODE = os.environ.get("YINGSHANG_MODE", "production")
DEMO = MODE == "demo"
TESTING = MODE == "test"
HOME = Path(os.environ.get("YINGSHANG_HOME", "var")).resolve()
DISTRICT = os.environ.get("YINGSHANG_DISTRICT", "qiantang")
TLS = os.environ.get("YINGSHANG_TLS", "")

DEMO_SECRET_KEY = "demo-only-key-refused-by-yingshang-serve"
SECRET_KEY = os.environ.get("YINGSHANG_SECRET_KEY") or (DEMO_SECRET_KEY if MODE != "production" else "")
DEBUG = False
ALLOWED_HOSTS = [h for h in os.environ.get("YINGSHANG_ALLOWED_HOSTS", "").split(",") if h] or (
    ["127.0.0.1", "localhost", "[::1]", "testserver"] if MODE != "production" else []
)

INSTALLED_APPS = [
    "yingshang.accounts",
    "yingshang.registry",
    "yingshang.rules",
    "yingshang.cases",
    "yingshang.policies",
    "yingshang.projects",
    "yingshang.activities",
    "yingshang.indicators",
    "yingshang.exchange",
    "yingshang.scenarios",
    "yingshang.web",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_htmx",
    "csp",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "yingshang.accounts.liveness.middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Around all that may refuse a request, so that a refusal has a policy too.
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "yingshang.web.policy.ContentSecurityPolicy",
    "django.middleware.locale.LocaleMiddleware",
    "yingshang.web.addresses.middleware",
    "django.middleware.common.CommonMiddleware",
    "yingshang.web.for_pages.begin",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "yingshang.web.for_pages.end",
]

ROOT_URLCONF = "yingshang.urls"
WSGI_APPLICATION = "yingshang.wsgi.application"
AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]


def _database(url: str) -> dict[str, object]:
    parts = conninfo_to_dict(url) if url else {}
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    settings: dict[str, object] = {known[k]: v for k, v in parts.items() if k in known}
    options: dict[str, object] = {k: v for k, v in parts.items() if k not in known}
    options.setdefault("application_name", "yingshang")
    # The driver keeps no plans of its own: clearing them would clear those of accounts.plans as well.
    options["prepare_threshold"] = None
    return {
        "ENGINE": "django.db.backends.postgresql",
        **settings,
        "OPTIONS": options,
        # The server may be restarted under us: a dead connection is noticed before a request uses it.
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"NAME": os.environ.get("YS_TEST_DB", "test_yingshang")},
    }


DATABASES = {"default": _database(os.environ.get("DATABASE_URL", ""))}

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # Counted across worker processes: sign-in attempts and API rate limits.
    "shared": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "shared_cache"},
}
# allauth counts sign-in attempts in the default cache: the shared one, once there is more than one process.
if not TESTING:
    CACHES["default"], CACHES["local"] = CACHES["shared"], CACHES["default"]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATICFILES_DIRS = [p for p in [PACKAGE / "web" / "static_build"] if p.is_dir()]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        # No base_url: uploads are only ever served through a view that checks who asks.
        "OPTIONS": {"location": str(HOME / "uploads"), "base_url": None, "file_permissions_mode": 0o600},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = TESTING
UPLOAD_MAX_BYTES = 20 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if TESTING
    else ["django.contrib.auth.hashers.ScryptPasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "yingshang.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key"}
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]

SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
if MODE == "production":
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
    if TLS == "proxy":
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        # Diagram and chart libraries place elements by style attributes; scripts stay strict.
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF, "data:"],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [SELF],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
        "worker-src": [SELF],
    }
}
CSRF_FAILURE_VIEW = "yingshang.web.views.errors.csrf_failure"

PROCRASTINATE_IMPORT_PATHS = [
    "yingshang.cases.jobs",
    "yingshang.rules.jobs",
    "yingshang.policies.jobs",
    "yingshang.exchange.jobs",
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    # One line a state change of a task is for the library's own developers.
    "loggers": {"spiff": {"level": "WARNING"}, "procrastinate": {"level": "WARNING"}},
    "root": {"handlers": ["console"], "level": os.environ.get("YINGSHANG_LOG", "WARNING" if TESTING else "INFO")},
}
SILENCED_SYSTEM_CHECKS: list[str] = []
