"""The API's endpoints by subject."""

from ninja import Router

from yingshang.exchange.routes import (
    actions,
    cases,
    catalogue,
    claims,
    documents,
    exports,
    imports,
    payments,
    policies,
    project_actions,
    projects,
    registry,
    tasks,
    tokens,
    webhooks,
)

#: Where each router is mounted under ``/api/v1``.
ROUTERS: list[tuple[str, Router]] = [
    ("/scenarios", catalogue.router),
    ("/cases", cases.router),
    ("/cases", actions.router),
    ("/cases", documents.router),
    ("/tasks", tasks.router),
    ("/pool", tasks.pool),
    ("", registry.router),
    ("", policies.router),
    ("", claims.router),
    ("", payments.router),
    ("/projects", projects.router),
    ("/projects", project_actions.router),
    ("/tokens", tokens.router),
    ("/imports", imports.router),
    ("/exports", exports.router),
    ("/webhooks", webhooks.router),
]
