// The live diagram: <div data-diagram-url="….bpmn" data-trail-url="….json"> shows where a case stands. Buttons beside it
// (data-diagram-do) do without a mouse what dragging and the wheel do.
import Viewer from 'bpmn-js/lib/NavigatedViewer';
import 'bpmn-js/dist/assets/diagram-js.css';

// Larger words than bpmn-js draws by itself (12 and 11): a procedure of four lanes is shown at half its size.
const words = (fontFamily) => ({ defaultStyle: { fontFamily, fontSize: 17, lineHeight: 1.2 }, externalStyle: { fontFamily, fontSize: 15 } });
const READABLE = 0.6; // below this scale the words in the boxes cannot be read
const WIDE = 600;

async function show(box) {
  const viewer = new Viewer({ container: box, textRenderer: words(getComputedStyle(document.body).fontFamily) });
  try {
    const [xml, trail] = await Promise.all([
      fetch(box.dataset.diagramUrl, { credentials: 'same-origin' }).then((r) => r.text()),
      box.dataset.trailUrl ? fetch(box.dataset.trailUrl, { credentials: 'same-origin' }).then((r) => r.json()) : {},
    ]);
    await viewer.importXML(prepared(xml));
    const canvas = viewer.get('canvas');
    const registry = viewer.get('elementRegistry');
    const mark = (ids, name) => (ids ?? []).forEach((id) => registry.get(id) && canvas.addMarker(id, name));
    mark(trail.completed, 'ys-done');
    mark(trail.flows, 'ys-done');
    mark(trail.active, 'ys-active');
    const warmest = box.dataset.heat ? warm(box, viewer) : undefined;
    const here = warmest ?? registry.get((trail.active ?? [])[0] ?? (trail.completed ?? []).at(-1));
    tools(box, canvas, here);
    canvas.zoom('fit-viewport', 'auto');
    // Colours are seen at any size; only on a phone the whole would be too small even for them.
    if (canvas.zoom() < (box.dataset.heat && box.clientWidth >= WIDE ? 0 : READABLE)) closeUp(canvas, here);
  } catch {
    box.textContent = box.dataset.failed ?? '—';
  }
}

/** Colours the steps by one of several measures, and tells each one's value in a corner of its box. */
function warm(box, viewer) {
  const told = JSON.parse(document.getElementById(box.dataset.heat).textContent);
  const card = box.closest('.card');
  const [canvas, overlays, registry] = ['canvas', 'overlays', 'elementRegistry'].map((part) => viewer.get(part));
  let shown = [];
  const show = (key) => {
    shown.forEach(([id, name]) => canvas.removeMarker(id, name));
    overlays.clear();
    const steps = Object.entries(told[key].steps).filter(([id]) => registry.get(id));
    shown = steps.map(([id, [level]]) => [id, `ys-heat-${level}`]);
    shown.forEach(([id, name]) => canvas.addMarker(id, name));
    for (const [id, [, text]] of steps) {
      const label = document.createElement('span');
      label.className = 'ys-heat-value';
      label.textContent = text;
      overlays.add(id, { position: { bottom: 12, left: 4 }, html: label });
    }
    card.querySelector('[data-heat-least]').textContent = told[key].least;
    card.querySelector('[data-heat-most]').textContent = told[key].most;
    for (const button of buttons) button.setAttribute('aria-pressed', String(button.dataset.heatShow === key));
  };
  const buttons = card.querySelectorAll('[data-heat-show]');
  for (const button of buttons) button.addEventListener('click', () => show(button.dataset.heatShow));
  const first = buttons[0].dataset.heatShow;
  show(first);
  const [id] = Object.entries(told[first].steps).sort(([, [a]], [, [b]]) => b - a)[0] ?? [];
  return id && registry.get(id);
}

/**
 * Procedures are drawn in Chinese and carry English names beside (ys:name_en): the page's language decides. Labels are drawn
 * for smaller words than ours: they get room, so that two characters stay on one line.
 */
function prepared(xml) {
  const parsed = new DOMParser().parseFromString(xml, 'application/xml');
  const english = document.documentElement.lang.startsWith('en');
  if (english) {
    for (const element of parsed.getElementsByTagName('*')) {
      const name = element.getAttributeNS('urn:yingshang:bpmn', 'name_en');
      if (name) element.setAttribute('name', name);
    }
  }
  for (const label of parsed.getElementsByTagNameNS('*', 'BPMNLabel')) {
    const bounds = label.firstElementChild;
    if (!bounds) continue;
    const width = Number(bounds.getAttribute('width'));
    const wider = Math.max(width * 1.5, english ? 72 : 40);
    bounds.setAttribute('x', Number(bounds.getAttribute('x')) - (wider - width) / 2);
    bounds.setAttribute('width', wider);
  }
  return new XMLSerializer().serializeToString(parsed);
}

/** The place where the case stands at a readable size, kept within the drawing. */
function closeUp(canvas, here) {
  const { outer, inner } = canvas.viewbox();
  const width = outer.width / 0.8;
  const height = outer.height / 0.8;
  const margin = 20;
  const within = (at, start, size, shown) => Math.max(start - margin, Math.min(at - shown / 2, start + size + margin - shown));
  const x = here ? here.x + (here.width ?? 0) / 2 : inner.x;
  const y = here ? here.y + (here.height ?? 0) / 2 : inner.y;
  canvas.viewbox({ x: within(x, inner.x, inner.width, width), y: within(y, inner.y, inner.height, height), width, height });
}

function tools(box, canvas, here) {
  const doing = {
    all: () => canvas.zoom('fit-viewport', 'auto'),
    here: () => closeUp(canvas, here),
    in: () => canvas.zoom(canvas.zoom() * 1.25),
    out: () => canvas.zoom(canvas.zoom() / 1.25),
  };
  for (const button of box.parentElement.querySelectorAll('[data-diagram-do]')) button.addEventListener('click', doing[button.dataset.diagramDo]);
}

const start = (scope) => scope.querySelectorAll('[data-diagram-url]:not([data-shown])').forEach((b) => { b.dataset.shown = '1'; show(b); });
document.addEventListener('htmx:load', (e) => start(e.detail.elt));
if (document.readyState === 'loading') addEventListener('DOMContentLoaded', () => start(document));
else start(document);
