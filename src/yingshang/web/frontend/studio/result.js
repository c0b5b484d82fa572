// What a clause answers (eligible or not, how much) stands in a boxed context, which the table editor cannot show: its
// expressions are fields below the tables.
import { is } from 'dmn-js-shared/lib/util/ModelUtil';

/** The entries of every context decision: {decision, name, literal}. */
export function entriesOf(definitions) {
  return (definitions.drgElement ?? [])
    .filter((e) => is(e, 'dmn:Decision') && e.decisionLogic && is(e.decisionLogic, 'dmn:Context'))
    .flatMap((decision) =>
      (decision.decisionLogic.contextEntry ?? [])
        .filter((entry) => entry.value && is(entry.value, 'dmn:LiteralExpression'))
        .map((entry) => ({ decision: decision.name, name: entry.variable?.name ?? '', literal: entry.value })),
    );
}

/** Draw the fields into a box; `changed` is called while somebody types. */
export function drawResult(box, definitions, { readonly, changed }) {
  const entries = entriesOf(definitions);
  box.hidden = !entries.length;
  box.querySelector('[data-fields]').replaceChildren(
    ...entries.map(({ decision, name, literal }, n) => {
      const row = document.createElement('div');
      row.className = 'ys-feel';
      const label = Object.assign(document.createElement('label'), { textContent: name, htmlFor: `result-${n}` });
      const field = Object.assign(document.createElement('textarea'), { id: `result-${n}`, value: literal.text ?? '', rows: 1, spellcheck: false, readOnly: readonly, className: 'form-control' });
      field.dataset.decision = decision;
      // As high as what is written, at whatever width.
      const grow = () => {
        field.style.height = 'auto';
        field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
      };
      new ResizeObserver(([entry]) => entry.contentRect.width !== grow.width && ((grow.width = entry.contentRect.width), grow())).observe(field);
      field.addEventListener('input', () => { literal.text = field.value; grow(); changed(); });
      row.append(label, field);
      return row;
    }),
  );
}
