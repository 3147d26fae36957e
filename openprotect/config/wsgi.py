"""What granian serves."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openprotect.config.settings")
os.environ.setdefault("OPENPROTECT_PROCESS", "web")

from django.core.wsgi import get_wsgi_application  # noqa: E402  the two lines above must come first

application = get_wsgi_application()
