"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from yingshang.runtime.unprivileged import tie_to_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yingshang.settings")
if os.environ.get("YINGSHANG_SUPERVISED"):
    # granian's main process may be killed; its worker must not go on holding the port.
    tie_to_parent()
application = get_wsgi_application()
