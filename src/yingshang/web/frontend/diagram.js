// The live diagram: <div data-diagram-url="….bpmn" data-trail-url="….json"> shows where a case stands.
import Viewer from 'bpmn-js/lib/NavigatedViewer';
import 'bpmn-js/dist/assets/diagram-js.css';

async function show(box) {
  const viewer = new Viewer({ container: box });
  try {
    const [xml, trail] = await Promise.all([
      fetch(box.dataset.diagramUrl, { credentials: 'same-origin' }).then((r) => r.text()),
      box.dataset.trailUrl ? fetch(box.dataset.trailUrl, { credentials: 'same-origin' }).then((r) => r.json()) : {},
    ]);
    await viewer.importXML(xml);
    const canvas = viewer.get('canvas');
    const registry = viewer.get('elementRegistry');
    const mark = (ids, name) => (ids ?? []).forEach((id) => registry.get(id) && canvas.addMarker(id, name));
    mark(trail.completed, 'ys-done');
    mark(trail.flows, 'ys-done');
    mark(trail.active, 'ys-active');
    canvas.zoom('fit-viewport', 'auto');
    const scale = canvas.zoom();
    if (scale < 0.55) {
      // Too small to read: show the place where the case stands at a readable size, and let people drag.
      const at = registry.get((trail.active ?? [])[0] ?? (trail.completed ?? []).at(-1));
      const { outer, inner } = canvas.viewbox();
      const width = outer.width / 0.7;
      const height = outer.height / 0.7;
      const x = at ? at.x + (at.width ?? 0) / 2 - width / 2 : inner.x;
      const y = at ? at.y + (at.height ?? 0) / 2 - height / 2 : inner.y;
      canvas.viewbox({ x: Math.max(inner.x - 20, Math.min(x, inner.x + inner.width + 20 - width)), y: Math.max(inner.y - 20, Math.min(y, inner.y + inner.height + 20 - height)), width, height });
    }
  } catch {
    box.textContent = box.dataset.failed ?? '—';
  }
}
const start = (scope) => scope.querySelectorAll('[data-diagram-url]:not([data-shown])').forEach((b) => { b.dataset.shown = '1'; show(b); });
document.addEventListener('htmx:load', (e) => start(e.detail.elt));
if (document.readyState === 'loading') addEventListener('DOMContentLoaded', () => start(document));
else start(document);
