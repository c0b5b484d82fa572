"""Measure the decision library and print one JSON line a figure: ``python bench/decisions.py [names…] [--quick]``.

Exits with 1 when a figure misses its target. ``--quick`` takes fewer rows and rounds; its figures are no measure of the
large sizes, for what is done once weighs more. Everything is written to a folder of its own that is removed again; the
whole run needs about 20 GB there at most, and half an hour.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


def main() -> int:
    from bench import decisions_figures as figures

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"{', '.join(figures.FIGURES)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="fewer rows and rounds")
    parser.add_argument("--folder", type=Path, help="where to write (default: the system's temporary folder)")
    options = parser.parse_args()
    if unknown := set(options.names) - figures.FIGURES.keys():
        parser.error(f"no such figure: {', '.join(sorted(unknown))}")
    folder = Path(tempfile.mkdtemp(prefix="yingshang-bench-", dir=options.folder))
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "quick": options.quick}
    missed = 0
    try:
        bench = figures.Bench(folder, options.quick)
        for figure in figures.measured(options.names or list(figures.FIGURES), bench):
            missed += not figure["met"]
            print(json.dumps({**figure, **machine}, ensure_ascii=False), flush=True)
    finally:
        shutil.rmtree(folder)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
