// Keyboard on the desk: g then a letter goes to a page, / to the search field, j and k through a list, ? shows the keys.
export function keyboard() {
  const list = document.querySelector('[data-key-list]');
  for (const link of list ? document.querySelectorAll('[data-key]') : []) {
    const key = document.createElement('dt');
    key.append(Object.assign(document.createElement('kbd'), { textContent: link.dataset.key }));
    list.append(key, Object.assign(document.createElement('dd'), { textContent: link.textContent.trim() }));
  }
  let until = 0;
  addEventListener('keydown', (e) => {
    if (e.target.closest('input, textarea, select, [contenteditable], dialog[open]') || e.ctrlKey || e.metaKey || e.altKey) return;
    if (until > Date.now()) {
      until = 0;
      const link = document.querySelector(`[data-key="${CSS.escape(e.key)}"]`);
      if (link) {
        e.preventDefault();
        link.click();
      }
      return;
    }
    if (e.key === 'g') until = Date.now() + 1500;
    else if (e.key === '/') focus(e, document.querySelector('[data-search]'));
    else if (e.key === '?') document.getElementById('keys')?.showModal();
    else if (e.key === 'j' || e.key === 'k') step(e, e.key === 'j' ? 1 : -1);
  });
}
function focus(e, field) {
  if (!field) return;
  e.preventDefault();
  field.focus();
}
function step(e, by) {
  const rows = [...document.querySelectorAll('main a.ys-row')];
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement);
  focus(e, rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + by))]);
}
