"""Which address is answered by what. The first part of a view's name says who may be asking."""

from django.urls import URLPattern, URLResolver, include, path

from openprotect.web.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("", include("openprotect.web.public.door")),
    path("", include("openprotect.web.public.urls")),
]
handler404 = "openprotect.web.errors.not_found"
handler500 = "openprotect.web.errors.failed"
