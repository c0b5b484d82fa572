// Facts the district holds or asks for, chosen from a list: a chosen one becomes a column of the open table, with the
// input data and the requirement that the standard wants beside it.
import { is } from 'dmn-js-shared/lib/util/ModelUtil';

const idOf = (prefix) => `${prefix}_${Math.random().toString(36).slice(2, 10)}`;

/** Add a fact {name, type, unit} as a column of the open table. Does nothing when the table has it already. */
export function addFact(editor, fact) {
  const view = editor.getActiveView();
  if (view?.type !== 'decisionTable') return;
  const viewer = editor.getActiveViewer();
  const decision = view.element;
  require_(editor, decision, fact);
  const held = decision.decisionLogic.get('input');
  const column = held.find((input) => input.inputExpression?.text?.trim() === fact.name);
  if (column) return viewer.get('selection').select(viewer.get('elementRegistry').get(column.id));
  const modeling = viewer.get('modeling');
  const added = modeling.addCol({ type: 'dmn:InputClause' }, held.length);
  modeling.updateProperties(added.businessObject, { label: fact.unit ? `${fact.name}（${fact.unit}）` : fact.name });
  modeling.editInputExpression(added.businessObject.inputExpression, { text: fact.name, typeRef: fact.type });
}

/** The decision reads the fact: input data of the model, and an information requirement. */
function require_(editor, decision, fact) {
  const definitions = editor.getDefinitions();
  const make = (type, given) => definitions.$model.create(type, given);
  let data = definitions.drgElement.find((e) => is(e, 'dmn:InputData') && e.name === fact.name);
  if (!data) {
    data = make('dmn:InputData', { id: idOf('input'), name: fact.name });
    data.variable = make('dmn:InformationItem', { id: idOf('var'), name: fact.name, typeRef: fact.type });
    data.variable.$parent = data;
    if (fact.unit) data.description = fact.unit;
    data.$parent = definitions;
    definitions.drgElement.unshift(data);
  }
  const required = decision.get('informationRequirement');
  if (required.some((r) => r.requiredInput?.href === `#${data.id}`)) return;
  const need = make('dmn:InformationRequirement', { id: idOf('needs') });
  need.requiredInput = make('dmn:DMNElementReference', { href: `#${data.id}` });
  need.requiredInput.$parent = need;
  need.$parent = decision;
  required.push(need);
}
