// The policy studio: <div data-studio data-source="#xml" …> edits a clause's decision model as tables, and tells while
// somebody types what the check finds. The form that saves carries the model in its field `xml`.
import 'dmn-js/dist/assets/dmn-js-shared.css';
import 'dmn-js/dist/assets/dmn-js-decision-table.css';
import 'dmn-js/dist/assets/dmn-js-decision-table-controls.css';
import 'dmn-js/dist/assets/dmn-js-literal-expression.css';
import 'dmn-js/dist/assets/dmn-font/css/dmn-embedded.css';
import { forEditor, forFile } from './dialect.js';
import { editorIn } from './editor.js';
import { addFact } from './facts.js';
import { Findings } from './findings.js';
import { drawResult } from './result.js';
import { translate } from './words.js';

const SETTLED = 350; // milliseconds

async function start(box) {
  const readonly = 'readonly' in box.dataset;
  const source = JSON.parse(document.querySelector(box.dataset.source).textContent);
  const editor = editorIn(box.querySelector('[data-canvas]'), readonly);
  const token = document.querySelector('meta[name=csrf-token]')?.content ?? '';
  const findings = new Findings(document.querySelector('[data-findings]'), box.dataset.check, token);
  const form = document.querySelector(box.dataset.form);
  let dirty = false;
  // While the tables cannot be shown, the file itself is what is checked and kept.
  let read = async () => source;
  const changed = () => {
    dirty = true;
    document.querySelector('[data-unsaved]')?.removeAttribute('hidden');
    findings.soon(read);
  };
  try {
    const { warnings } = await editor.importXML(forEditor(source));
    if (warnings.length) throw new Error(warnings.map((w) => w.message).join('\n'));
    if (!readonly) read = async () => forFile((await editor.saveXML({ format: true })).xml, translate('Annotations'));
    watch(editor, changed);
    tabs(box, editor, () => findings.mark(opened(editor)));
    drawResult(box.querySelector('[data-result]'), editor.getDefinitions(), { readonly, changed });
  } catch (error) {
    box.querySelector('[data-unshown]').hidden = false;
    console.info(error.message);
  }
  findings.shown = () => findings.mark(opened(editor));
  findings.go = (found) => show(editor, found);
  findings.now(read);
  for (const button of document.querySelectorAll('[data-fact]')) {
    button.addEventListener('click', () => {
      addFact(editor, JSON.parse(button.dataset.fact));
      changed();
    });
  }
  form?.addEventListener('submit', async (e) => {
    if (form.dataset.ready) return;
    e.preventDefault();
    // Fields of the editor report with some delay; and a form cannot be sent again while it tells that it is being sent.
    await new Promise((then) => setTimeout(then, SETTLED));
    form.elements.xml.value = await read();
    form.dataset.ready = '1';
    form.requestSubmit(e.submitter);
  });
  // Leaving a cell reports a change once more, when the form is on its way already.
  addEventListener('beforeunload', (e) => dirty && !form?.dataset.ready && e.preventDefault());
  addEventListener('pageshow', () => form && delete form.dataset.ready);
}

/** Every change of a table, whichever is open. */
function watch(editor, changed) {
  const seen = new WeakSet();
  const listen = () => {
    const viewer = editor.getActiveViewer();
    if (!viewer || seen.has(viewer)) return;
    seen.add(viewer);
    viewer.on('elements.changed', changed);
  };
  editor.on('views.changed', listen);
  listen();
}

/** One tab a table or expression; none when there is but one. */
function tabs(box, editor, opened) {
  const bar = box.querySelector('[data-tabs]');
  const draw = () => {
    const views = editor.getViews();
    bar.hidden = views.length < 2;
    bar.replaceChildren(
      ...views.map((view) => {
        const tab = Object.assign(document.createElement('button'), { type: 'button', textContent: view.name || view.id, className: 'btn btn-sm' });
        const current = view.element === editor.getActiveView()?.element;
        tab.setAttribute('aria-pressed', String(current));
        tab.classList.toggle('active', current);
        tab.addEventListener('click', () => editor.open(view));
        return tab;
      }),
    );
    opened();
  };
  editor.on('views.changed', draw);
  draw();
}

/** The open table for marking: selectors of the cells that a finding's rules and column mean. */
function opened(editor) {
  const view = editor.getActiveView();
  const table = view?.type === 'decisionTable' ? view.element.decisionLogic : null;
  if (!table) return null;
  const rules = table.get('rule');
  const column = (label) => columnOf(table, label);
  return {
    name: view.name,
    selectors(numbers, label) {
      const at = label ? column(label) : -1;
      const cells = numbers.map((n) => rules[n - 1]).filter(Boolean);
      if (!cells.length) return at < 0 ? [] : [`[data-col-id="${clauses(table)[at].id}"]`];
      return cells.map((rule) => {
        const entry = [...rule.get('inputEntry'), ...rule.get('outputEntry')][at];
        return entry ? `[data-element-id="${entry.id}"]` : `[data-row-id="${rule.id}"]`;
      });
    },
  };
}
const clauses = (table) => [...table.get('input'), ...table.get('output')];
const columnOf = (table, label) => clauses(table).findIndex((c) => [c.label, c.name, c.inputExpression?.text].includes(label));

/** Open the table that a finding names and select the cell. */
async function show(editor, { table: name, rules, column }) {
  const view = editor.getViews().find((v) => v.name === name.split('.')[0]);
  if (!view) {
    document.querySelector(`textarea[data-decision="${CSS.escape(name.split('.')[0])}"]`)?.focus();
    return;
  }
  await editor.open(view);
  const logic = view.element.decisionLogic;
  const rule = logic.get('rule')?.[Number(rules.split(',')[0] || 1) - 1];
  if (!rule) return;
  const cells = [...rule.get('inputEntry'), ...rule.get('outputEntry')];
  const cell = cells[Math.max(0, column ? columnOf(logic, column) : 0)];
  const place = document.querySelector(`[data-element-id="${cell.id}"]`);
  place?.scrollIntoView({ block: 'center', inline: 'center' });
  editor.getActiveViewer().get('selection', false)?.select(cell.id);
}

const begin = () => document.querySelectorAll('[data-studio]').forEach(start);
if (document.readyState === 'loading') addEventListener('DOMContentLoaded', begin);
else begin();
