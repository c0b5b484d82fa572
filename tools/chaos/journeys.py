"""Cases on their way from open to confirmed, through the REST API, by clients that do not give up."""

import heapq
import http.client
import itertools
import json
import random
import threading
import time
import urllib.error
import urllib.parse
from collections.abc import Iterator

STEPS = 6  # open, dispatch, sign for, contact, answer, confirm
PATIENCE_SECONDS = 180
# Under way together, so that at any moment some cases are at every step.
AT_A_TIME = 150
# Of the cases, one in this many is contacted only after its first promise has fallen due.
ONE_IN_LATE = 5
LATE_SECONDS = 40


class Journeys:
    """Moves ``count`` cases with several clients at a time; each case is one generator that yields its pauses."""

    def __init__(self, url: str, actors: dict[str, list[str]], count: int, chance: random.Random) -> None:
        self.host = urllib.parse.urlsplit(url).netloc
        self.actors = {who: itertools.cycle(tokens) for who, tokens in actors.items()}
        self.uscc = actors["uscc"][0]
        self.count = count
        self.numbers: list[str] = []
        self.problems: list[str] = []
        self.requests = self.repeated = self.steps_done = 0
        self.finished = threading.Event()
        self._lock = threading.Lock()
        self._order = itertools.count()
        self._to_come = (self._travel(n, chance.random()) for n in range(count))
        self._waiting = [(0.0, next(self._order), way) for way in itertools.islice(self._to_come, AT_A_TIME)]
        self._under_way = 0

    def share_done(self) -> float:
        """Return the share of all steps that is done, 0 to 1."""
        return self.steps_done / (self.count * STEPS)

    def run(self, clients: int) -> None:
        """Return when every case has arrived or failed."""
        threads = [threading.Thread(target=self._client, daemon=True) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.finished.set()

    def _client(self) -> None:
        while True:
            with self._lock:
                if not self._waiting and not self._under_way:
                    return
                ready = bool(self._waiting) and self._waiting[0][0] <= time.monotonic()
                entry = heapq.heappop(self._waiting) if ready else None
                self._under_way += entry is not None
            if entry is None:
                time.sleep(0.02)
                continue
            again: float | None
            try:
                again = time.monotonic() + next(entry[2])
            except StopIteration:
                again = None
            except Exception as problem:
                self.problems.append(f"{type(problem).__name__}: {problem}")
                again = None
            with self._lock:
                self._under_way -= 1
                way = entry[2] if again is not None else next(self._to_come, None)
                if way is not None:
                    heapq.heappush(self._waiting, (again or 0.0, next(self._order), way))

    def _travel(self, n: int, chance: float) -> Iterator[float]:
        late = LATE_SECONDS if n % ONE_IN_LATE == 0 else 0.0
        given = {
            "title": f"厂区门口道路照明不足(第 {n} 件)",
            "text": "员工晚班看不清路,希望协调。",
            "business": self.uscc,
        }
        case = self._post("enterprise", "/api/v1/cases", given, f"{n}-open")
        number = case["number"]
        with self._lock:
            self.numbers.append(number)
        self._step()
        yield chance

        def act(who: str, action: str, body: dict[str, object]) -> dict[str, str]:
            answer = self._post(who, f"/api/v1/cases/{number}/actions/{action}", body, f"{n}-{action}")
            self._step()
            return answer

        if case["status"] == "pool":
            case = act("dispatcher", "dispatch", {"lead": "dept.economy"})
        else:
            self._step()
        unit = case["lead_unit"]
        yield chance
        act(unit, "sign_for", {})
        yield chance + late
        act(unit, "contact", {"note": "已电话联系"})
        yield chance
        act(unit, "answer", {"text": "已协调加装路灯。"})
        yield chance
        act("enterprise", "confirm", {"solved": True})

    def _step(self) -> None:
        with self._lock:
            self.steps_done += 1

    def _post(self, who: str, path: str, body: dict[str, object], key: str) -> dict[str, str]:
        """Send one request until it is answered; the key makes the repetition harmless."""
        with self._lock:
            token = next(self.actors[who])
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": key}
        deadline = time.monotonic() + PATIENCE_SECONDS
        trouble = ""
        while time.monotonic() < deadline:
            with self._lock:
                self.requests += 1
            connection = http.client.HTTPConnection(self.host, timeout=20)
            try:
                connection.request("POST", path, json.dumps(body), headers)
                answer = connection.getresponse()
                content = answer.read().decode()
                if answer.status in (200, 201):
                    found: dict[str, str] = json.loads(content)
                    return found
                trouble = f"{answer.status} {content[:300]}"
                if answer.status < 500 and answer.status != 429:
                    break
            except (OSError, http.client.HTTPException, ValueError) as problem:
                trouble = f"{type(problem).__name__}: {problem}"
            finally:
                connection.close()
            with self._lock:
                self.repeated += 1
            time.sleep(0.3)
        raise RuntimeError(f"{who} {path} {key}: {trouble}")
