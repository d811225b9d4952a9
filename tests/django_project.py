"""The one Django project that a test process can have."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command


@functools.cache
def configured() -> str:
    """Configure the project once; return the file of its database."""
    name = str(Path(tempfile.mkdtemp(prefix="whitebit-django-")) / "db.sqlite3")
    settings.configure(
        SECRET_KEY="made up",
        ALLOWED_HOSTS=["partner.example"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": name,
                "ATOMIC_REQUESTS": True,
            },
            "pg": {"ENGINE": "django.db.backends.postgresql", "NAME": "set by the test"},
            "memory": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
            "other": {"ENGINE": "django.db.backends.dummy"},
        },
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "whitebit_ext.integrations.django",
        ],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        ROOT_URLCONF="tests.integrations.django_urls",
        SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        LOGIN_URL="/login",
        USE_TZ=True,
    )
    django.setup()
    call_command("migrate", verbosity=0)
    Path(name).chmod(0o600)  # the library refuses a file that others can read
    from django.contrib.auth.models import User  # only after the set-up

    for user in ("alice", "bob"):
        User.objects.create_user(user, password="made up")
    return name
