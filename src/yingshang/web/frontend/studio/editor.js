// The decision-table editor of dmn-js without its diagram: a clause's facts are chosen from the district's list instead.
import EditingManager from 'dmn-js-shared/lib/base/EditingManager';
import Manager from 'dmn-js-shared/lib/base/Manager';
import TableEditor from 'dmn-js-decision-table/lib/Editor';
import TableViewer from 'dmn-js-decision-table/lib/Viewer';
import ExpressionEditor from 'dmn-js-literal-expression/lib/Editor';
import ExpressionViewer from 'dmn-js-literal-expression/lib/Viewer';
import { is } from 'dmn-js-shared/lib/util/ModelUtil';
import { translate } from './words.js';

/** FEEL's own types; a model's item definitions are offered beside them. */
const TYPES = ['string', 'number', 'boolean', 'date', 'time', 'date and time', 'days and time duration', 'years and months duration'];
const opens = (logic) => (element) => is(element, 'dmn:Decision') && is(element.decisionLogic, logic);
const providers = (table, expression) => [
  { id: 'decisionTable', constructor: table, opens: opens('dmn:DecisionTable') },
  { id: 'literalExpression', constructor: expression, opens: opens('dmn:LiteralExpression') },
];

class Editor extends EditingManager {
  _getViewProviders() {
    return providers(TableEditor, ExpressionEditor);
  }
}
class Viewer extends Manager {
  _getViewProviders() {
    return providers(TableViewer, ExpressionViewer);
  }
}

export function editorIn(container, readonly) {
  const common = { dataTypes: TYPES, additionalModules: [] };
  const words = { translate: ['value', translate] };
  const given = { additionalModules: [words] };
  return new (readonly ? Viewer : Editor)({ container, common, decisionTable: given, literalExpression: given });
}
