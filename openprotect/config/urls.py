"""Which address is answered by what. The first part of a view's name says who may be asking."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from openprotect.web.front import front
from openprotect.web.health import healthz

# Signing in with one click exists in a demo and nowhere else.
first_page = path("", include("openprotect.demo.urls")) if settings.MODE == "demo" else path("", front, name="front")

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    first_page,
    path("", include("openprotect.web.public.door")),
    path("", include("openprotect.web.public.urls")),
    path("", include("openprotect.web.sign_in.urls")),
    path("", include("openprotect.web.staff.urls")),
    path("", include("openprotect.web.partner.door")),
    path("", include("openprotect.web.partner.urls")),
    path("", include("openprotect.web.partner.staff_urls")),
    path("", include("openprotect.web.oversight.urls")),
]
handler404 = "openprotect.web.errors.not_found"
handler500 = "openprotect.web.errors.failed"
