"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from yingshang.runtime.unprivileged import tie_to_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yingshang.settings")
if os.environ.get("YINGSHANG_SUPERVISED"):
    # granian's main process may be killed; its worker must not go on holding the port.
    tie_to_parent()
application = get_wsgi_application()
if os.environ.get("YINGSHANG_SUPERVISED"):
    # Behind get_wsgi_application: models are there only now.
    from yingshang.cases.warming import warm_in_background

    warm_in_background()
