"""The URLs: ``path("whitebit/", include("whitebit_ext.integrations.django.urls"))``."""

from __future__ import annotations

from django.urls import path

from ..core import METHODS
from .views import view

app_name = "whitebit"
urlpatterns = [path(route, view(route), name=route.replace(".", "-")) for route in METHODS]
