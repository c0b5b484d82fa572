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
    if (canvas.zoom() < 0.55) {
      // Too small to read: show the place where the case stands at a readable size.
      const at = registry.get((trail.active ?? [])[0] ?? (trail.completed ?? []).at(-1));
      canvas.zoom(0.8, at ? { x: at.x + (at.width ?? 0) / 2, y: at.y + (at.height ?? 0) / 2 } : 'auto');
    }
  } catch {
    box.textContent = box.dataset.failed ?? '—';
  }
}
const start = (scope) => scope.querySelectorAll('[data-diagram-url]:not([data-shown])').forEach((b) => { b.dataset.shown = '1'; show(b); });
document.addEventListener('htmx:load', (e) => start(e.detail.elt));
if (document.readyState === 'loading') addEventListener('DOMContentLoaded', () => start(document));
else start(document);
