"""What granian serves."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openprotect.config.settings")
os.environ.setdefault("OPENPROTECT_PROCESS", "web")

# After the two lines above, which it reads.
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

application = get_wsgi_application()
if settings.PROXIES:
    # Otherwise everybody asks from the proxy's address, and whoever guesses there locks everybody out.
    application = wrap_wsgi_with_proxy_headers(application, trusted_hosts=list(settings.PROXIES))

if settings.MODE in ("live", "demo"):
    from openprotect.governance.queries import is_demo

    if settings.MODE == "live" and is_demo():
        raise SystemExit("This database is marked as a demo; OPENPROTECT_MODE=live needs another.")
    if settings.MODE == "demo" and not is_demo():
        raise SystemExit("This database is not marked as a demo; OPENPROTECT_MODE=demo needs another.")
