// Our files are DMN 1.5 with annotation columns; the table editor knows DMN 1.3 and one annotation a rule, as its description.
// What the editor reads and what it writes is turned from one into the other, so that files stay in the standard.
const OURS = 'https://www.omg.org/spec/DMN/20230324/';
const ALSO_OURS = 'https://www.omg.org/spec/DMN/20211108/';
const EDITORS = 'https://www.omg.org/spec/DMN/20191111/';

const parse = (xml) => {
  const parsed = new DOMParser().parseFromString(xml, 'application/xml');
  if (parsed.getElementsByTagName('parsererror').length) throw new Error('not XML');
  return parsed;
};
const all = (scope, name) => [...scope.getElementsByTagNameNS(`${EDITORS}MODEL/`, name)];
const below = (element, name) => [...element.children].filter((e) => e.localName === name);

/** DMN 1.5 as the editor reads it. Throws when it is no XML. */
export function forEditor(xml) {
  const parsed = parse(xml.replaceAll(OURS, EDITORS).replaceAll(ALSO_OURS, EDITORS));
  for (const rule of all(parsed, 'rule')) {
    const words = below(rule, 'annotationEntry').map((entry) => entry.textContent.trim()).filter(Boolean);
    for (const entry of below(rule, 'annotationEntry')) entry.remove();
    if (!words.length) continue;
    for (const held of below(rule, 'description')) held.remove();
    const description = parsed.createElementNS(`${EDITORS}MODEL/`, 'description');
    description.textContent = words.join(';');
    rule.prepend(description);
  }
  for (const clause of all(parsed, 'annotation')) clause.remove();
  return new XMLSerializer().serializeToString(parsed);
}

/** What the editor wrote, as DMN 1.5: the annotations of a table in a column called as the page calls it. */
export function forFile(xml, annotations) {
  const parsed = parse(xml);
  const make = (name) => parsed.createElementNS(`${EDITORS}MODEL/`, name);
  // A condition that was left empty is the standard's "-": any value.
  for (const entry of all(parsed, 'inputEntry')) {
    const text = below(entry, 'text')[0] ?? entry.appendChild(make('text'));
    if (!text.textContent.trim()) text.textContent = '-';
  }
  for (const table of all(parsed, 'decisionTable')) {
    const rules = below(table, 'rule');
    const words = rules.map((rule) => below(rule, 'description').map((e) => e.textContent).join(''));
    if (!words.some(Boolean)) continue;
    const clause = make('annotation');
    clause.setAttribute('name', annotations);
    table.insertBefore(clause, rules[0]);
    rules.forEach((rule, n) => {
      for (const held of below(rule, 'description')) held.remove();
      const entry = make('annotationEntry');
      entry.append(Object.assign(make('text'), { textContent: words[n] }));
      rule.append(entry);
    });
  }
  return new XMLSerializer().serializeToString(parsed).replaceAll(EDITORS, OURS);
}
