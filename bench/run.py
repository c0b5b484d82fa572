"""Run the measurements and print one JSON line each: ``python bench/run.py [names…] [--quick] [--keep]``.

Exits with 1 when a ratio misses its target. ``--quick`` takes fewer rounds and rows (the names of the figures stay).
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.ground import ground


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="api_case, lists, imports, pages, rules, insight … (default: all)")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and rows")
    parser.add_argument("--keep", action="store_true", help="keep and reuse the bench database")
    options = parser.parse_args()
    missed = 0
    with ground(keep=options.keep):
        from bench import measurements

        wanted = options.names or list(measurements.ALL)
        for name in wanted:
            began = time.perf_counter()
            for line in measurements.ALL[name](options.quick):
                missed += line.get("met") is False
                line = {"name": name, **line, "seconds": round(time.perf_counter() - began, 1)}
                print(json.dumps(line | {"python": platform.python_version()}, ensure_ascii=False), flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
