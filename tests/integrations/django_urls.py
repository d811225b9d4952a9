"""The URLs of the tests' project."""

from __future__ import annotations

from django.contrib.auth import get_user_model, login
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in without a password."""
    login(request, get_user_model().objects.get(username=request.POST["user"]))
    return HttpResponse()


urlpatterns = [
    path("login", sign_in),
    path("whitebit/", include("whitebit_ext.integrations.django.urls")),
]
