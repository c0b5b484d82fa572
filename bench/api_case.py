"""One case through the API, from open to confirmed, against the same steps on bare SpiffWorkflow.

Seven steps of ``qifu_express/demand.bpmn``: demand raised, routing proposed, dispatched, signed for, first contact,
answered, confirmed. The API does each with a request of a person of its own, as a web server hands it over (WSGI): token,
rights, transaction, event, hash chain, clocks, tasks. Bare SpiffWorkflow runs the same diagram as its manual shows: the
instance's state is read from PostgreSQL, moved, and written back with its own serializer, one transaction a request;
conditions are Python for its own script engine, and the routing is proposed by the same function from the same table. It
knows no person, right, event, clock or list.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.db import connection
from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser, full_tag
from SpiffWorkflow.bpmn.parser.task_parsers import ScriptTaskParser
from SpiffWorkflow.bpmn.script_engine.python_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.script_engine.python_environment import TaskDataEnvironment
from SpiffWorkflow.bpmn.serializer.workflow import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.specs.defaults import ScriptTask
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import TaskState

from bench import ground
from yingshang.cases import catalog, engine, routing
from yingshang.cases.models import Case
from yingshang.cases.warming import warm
from yingshang.exchange import auth

TITLE, TEXT = "门口停车位不够", "园区门口车位太少,货车和员工的车都没处停,想请相关部门来看看。"
#: Cases of either way before anything is measured.
FIRST = 10
STEPS = [
    ("dispatcher", "dispatch", {"lead": "dept.commerce"}),
    ("officer", "sign_for", {}),
    ("officer", "contact", {"note": "已电话联系,约定明日上门查看。"}),
    ("officer", "answer", {"text": "已增划车位二十个,货车可在错峰时段进入。"}),
    ("firm1", "confirm", {"solved": True}),
]
#: The diagram's conditions and its timer, as Spiff's script engine reads them.
AS_PYTHON = {
    "reopened": "reopened",
    "routing.sure": "routing['sure']",
    'outcome = "return"': "outcome == 'return'",
    'outcome = "solved"': "outcome == 'solved'",
    "P5D": "'P5D'",
}
#: What completes the waiting step on bare SpiffWorkflow: the same five outcomes.
OUTCOMES = ["dispatch", "sign", "contact", "answer", "solved"]


def measure(rounds: int = 150) -> dict[str, Any]:
    """A case of either way in turn, ``rounds`` of each; the ratio of their medians."""
    world = ground.world()
    # How often a person may ask is measured elsewhere.
    settings.API_RATE = 1_000_000
    tokens = {name: auth.issue(getattr(world, name), "bench")[1] for name in ("firm1", "dispatcher", "officer")}
    bare = Bare(catalog.get("qifu_express").procedures["demand"])
    # As a web worker does before its first request.
    warm()
    site, ours, theirs = get_wsgi_application(), [], []
    for turn in range(-FIRST, rounds):
        told = _through_api(site, tokens, world.business.uscc), bare.case()
        if turn >= 0:
            ours.append(told[0])
            theirs.append(told[1])
    bare.close()
    ours_ms, theirs_ms = statistics.median(ours) * 1000, statistics.median(theirs) * 1000
    return {
        "ratio": round(ours_ms / theirs_ms, 2),
        "target": "at most 2",
        "api_ms": round(ours_ms, 1),
        "bare_ms": round(theirs_ms, 1),
        "steps": 7,
        "rounds": rounds,
    }


def _post(site: WSGIHandler, token: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    content = json.dumps(body).encode()
    said: list[str] = []
    answer = site(
        {
            "REQUEST_METHOD": "POST", "PATH_INFO": f"/api/v1{path}", "SCRIPT_NAME": "", "QUERY_STRING": "",
            "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(content)), "HTTP_HOST": "127.0.0.1",
            "HTTP_AUTHORIZATION": f"Bearer {token}", "wsgi.input": BytesIO(content), "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr, "wsgi.version": (1, 0), "wsgi.multithread": True, "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        },
        lambda status, headers, exc_info=None: said.append(status),
    )  # fmt: skip
    text = b"".join(answer)
    answer.close()
    if said[0][:3] >= "300":
        raise RuntimeError(f"{path}: {said[0]} {text.decode()}")
    found: dict[str, Any] = json.loads(text)
    return found


def _through_api(site: WSGIHandler, tokens: dict[str, str], uscc: str) -> float:
    began = time.perf_counter()
    body = {"title": TITLE, "text": TEXT, "category": "other", "business": uscc}
    case = _post(site, tokens["firm1"], "/cases", body)
    for who, action, said in STEPS:
        case = _post(site, tokens[who], f"/cases/{case['number']}/actions/{action}", said)
    took = time.perf_counter() - began
    if case["status"] != "closed":
        raise RuntimeError(f"the case ended as {case['status']}")
    return took


# --- bare SpiffWorkflow ---------------------------------------------------------------------------------------------------


class _Decision(ScriptTaskParser):  # type: ignore[misc]
    def get_script(self) -> str:
        return "routing = propose(category, street, platform, title, text)"


class _Parser(BpmnParser):  # type: ignore[misc]
    OVERRIDE_PARSER_CLASSES = {full_tag("businessRuleTask"): (_Decision, ScriptTask)}


class _Engine(PythonScriptEngine):  # type: ignore[misc]
    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> Any:
        return super().evaluate(task, AS_PYTHON[expression], external_context)


def _propose(category: str, street: str, platform: str, title: str, text: str) -> dict[str, Any]:
    case = Case(scenario="qifu_express", title=title, text=text)
    known = {"category": category, "street": street, "platform": platform, "title": title, "text": text}
    rule = engine.load_decision("qifu_express", "routing").evaluate("routing", known)
    return routing.as_json(routing.propose(case, rule))


class Bare:
    """SpiffWorkflow as its manual shows it, with the state in one table."""

    def __init__(self, diagram: Path) -> None:
        parser = _Parser()
        parser.add_bpmn_xml(etree.fromstring(diagram.read_bytes()))
        self.spec = parser.get_spec("demand")
        self.subprocesses = parser.get_subprocess_specs("demand")
        self.serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure())
        self.engine = _Engine(environment=TaskDataEnvironment({"propose": _propose}))
        # The same server, reached the same way.
        self.connection = psycopg.connect(
            **connection.get_connection_params() | {"cursor_factory": psycopg.Cursor, "prepare_threshold": 1}
        )
        self.connection.execute("CREATE TABLE IF NOT EXISTS bare_spiff (id bigserial PRIMARY KEY, state text NOT NULL)")
        self.connection.commit()

    def close(self) -> None:
        self.connection.execute("DROP TABLE bare_spiff")
        self.connection.commit()
        self.connection.close()

    def case(self) -> float:
        """One case from start to end; seconds."""
        began = time.perf_counter()
        workflow = BpmnWorkflow(self.spec, self.subprocesses, script_engine=self.engine)
        data = {"title": TITLE, "text": TEXT, "category": "other", "street": "street.xiasha", "platform": "", "channel": "api",
                "level": 0, "reopened": False, "outcome": "", "form": {}}  # fmt: skip
        for task in workflow.get_tasks(state=TaskState.READY):
            task.data.update(data)
        workflow.do_engine_steps()
        found = self.connection.execute(
            "INSERT INTO bare_spiff (state) VALUES (%s) RETURNING id", [self.serializer.serialize_json(workflow)]
        ).fetchone()
        assert found is not None
        self.connection.commit()
        for outcome in OUTCOMES:
            self._step(found[0], outcome)
        took = time.perf_counter() - began
        row = self.connection.execute("SELECT state FROM bare_spiff WHERE id = %s", found).fetchone()
        assert row is not None
        if not json.loads(row[0])["completed"]:
            raise RuntimeError("bare SpiffWorkflow did not reach the end")
        return took

    def _step(self, key: int, outcome: str) -> None:
        row = self.connection.execute("SELECT state FROM bare_spiff WHERE id = %s FOR UPDATE", [key]).fetchone()
        assert row is not None
        workflow = self.serializer.deserialize_json(row[0])
        workflow.script_engine = self.engine
        (task,) = (t for t in workflow.get_tasks(state=TaskState.READY) if t.task_spec.manual)
        task.data["outcome"] = outcome
        task.run()
        workflow.do_engine_steps()
        self.connection.execute(
            "UPDATE bare_spiff SET state = %s WHERE id = %s", [self.serializer.serialize_json(workflow), key]
        )
        self.connection.commit()
