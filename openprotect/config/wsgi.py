"""What granian serves."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openprotect.config.settings")
os.environ.setdefault("OPENPROTECT_PROCESS", "web")

# After the two lines above, which it reads.
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
