// The decision-table editor of dmn-js without its diagram: a clause's facts are chosen from the district's list instead.
import EditingManager from 'dmn-js-shared/lib/base/EditingManager';
import Manager from 'dmn-js-shared/lib/base/Manager';
import TableEditor from 'dmn-js-decision-table/lib/Editor';
import TableViewer from 'dmn-js-decision-table/lib/Viewer';
import InputHead from 'dmn-js-decision-table/lib/features/decision-table-head/editor/components/InputCell';
import OutputHead from 'dmn-js-decision-table/lib/features/decision-table-head/editor/components/OutputCell';
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

// The viewer's own heads of columns tell the type in English whatever the page's language; those of the editor do not, and
// do nothing else where nothing can be edited.
class Heads {
  constructor(components) {
    const ours = { 'input-header': InputHead, 'output-header': OutputHead };
    components.onGetComponent('cell', ({ cellType }) => ours[cellType]);
  }
}
Heads.$inject = ['components'];
const heads = { __init__: ['heads'], heads: ['type', Heads] };

export function editorIn(container, readonly) {
  const common = { dataTypes: TYPES, additionalModules: [] };
  const words = { translate: ['value', translate] };
  const given = { additionalModules: readonly ? [words, heads] : [words] };
  return new (readonly ? Viewer : Editor)({ container, common, decisionTable: given, literalExpression: { additionalModules: [words] } });
}
