"""Event logs: well-formed, complete, and without what people wrote."""

import json
from collections import Counter
from collections.abc import Callable

from lxml import etree

from tests.exchange.conftest import Api
from tests.support.world import World
from yingshang.cases import actions
from yingshang.cases.models import Case, Event
from yingshang.exchange import eventlog

NS = {"x": "http://www.xes-standard.org/"}


def told(world: World) -> list[Case]:
    cases = []
    for i, title in enumerate(['有 "引号" 与 <尖括号> & 换行', "第二件"]):
        case = actions.open_case(
            world.firm1,
            scenario="qifu_express",
            service="demand",
            title=title,
            business=world.business,
            category="other",
        )
        if i == 0:
            actions.dispatch(case, world.dispatcher, lead=world.units["dept.commerce"])
            actions.sign_for(case, world.officer)
            actions.message(case, world.firm1, text="企业说的话")
        cases.append(case)
    return cases


def test_xes(world: World) -> None:
    cases = told(world)
    text = "".join(eventlog.xes(Case.objects.all()))
    log = etree.fromstring(text.encode())
    traces = log.findall("x:trace", NS)
    assert len(traces) == len(cases)
    for trace, case in zip(traces, cases, strict=True):
        assert trace.find("x:string[@key='concept:name']", NS).get("value") == case.number
        kinds = [e.find("x:string[@key='concept:name']", NS).get("value") for e in trace.findall("x:event", NS)]
        assert kinds == list(case.events.values_list("kind", flat=True))
        times = [e.find("x:date", NS).get("value") for e in trace.findall("x:event", NS)]
        assert times == sorted(times) and all(t.endswith("+08:00") for t in times)
    for secret in ("企业说的话", "企业经办人", "尖括号"):
        assert secret not in text
    resources = {e.get("value") for e in log.iterfind(".//x:event/x:string[@key='org:resource']", NS)}
    assert {"enterprise", "system", "区商务局"} <= resources


def test_ocel(world: World) -> None:
    told(world)
    log = json.loads("".join(eventlog.ocel(Case.objects.all())))
    assert len(log["events"]) == Event.objects.count()
    ids = Counter(o["id"] for o in log["objects"])
    assert set(ids.values()) == {1}
    types = {t["name"] for t in log["objectTypes"]}
    assert {o["type"] for o in log["objects"]} == types == {"case", "unit", "business"}
    assert {e["type"] for e in log["events"]} == {t["name"] for t in log["eventTypes"]}
    for event in log["events"]:
        assert event["relationships"] and all(r["objectId"] in ids for r in event["relationships"])
    assert "企业说的话" not in json.dumps(log, ensure_ascii=False)


def test_chunks_make_one_log(world: World, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    told(world)
    whole = "".join(eventlog.xes(Case.objects.all()))
    monkeypatch.setattr(eventlog, "CHUNK", 1)
    assert "".join(eventlog.xes(Case.objects.all())) == whole


def test_over_the_api(world: World, api: Callable[..., Api]) -> None:
    told(world)
    got = api("reform").get("/exports/eventlog.xes", scenario="qifu_express", since="2023-04-26", until="2023-04-26")
    assert got.status_code == 200 and got["Content-Disposition"].startswith("attachment")
    assert len(etree.fromstring(b"".join(got.streaming_content)).findall("x:trace", NS)) == 2
    none = api("reform").get("/exports/eventlog.json", until="2023-04-25")
    assert json.loads(b"".join(none.streaming_content))["events"] == []
    # A unit's head takes out what the unit may read, and no more.
    theirs = api("commerce_lead").get("/exports/eventlog.json")
    assert len([o for o in json.loads(b"".join(theirs.streaming_content))["objects"] if o["type"] == "case"]) == 1
    for refused in ("officer", "firm1", "admin", "dispatcher"):
        assert api(refused).get("/exports/eventlog.xes").status_code == 403
