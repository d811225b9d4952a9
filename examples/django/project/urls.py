"""The URLs."""

from django.urls import include, path

from . import views

urlpatterns = [
    path("login", views.sign_in),
    path("settings", views.settings),
    path("whitebit/", include("whitebit_ext.integrations.django.urls")),
]
