// What every page needs: htmx, and small behaviours bound by data- attributes. No inline script anywhere (CSP).
import htmx from 'htmx.org';

htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
window.htmx = htmx;

const token = () => document.querySelector('meta[name=csrf-token]')?.content ?? '';
document.addEventListener('htmx:configRequest', (e) => {
  e.detail.headers['X-CSRFToken'] = token();
});
// A refused action comes back as 403, 409 or 422 with the form and its errors: show it.
document.addEventListener('htmx:beforeSwap', (e) => {
  if ([403, 409, 422].includes(e.detail.xhr.status)) {
    e.detail.shouldSwap = true;
    e.detail.isError = false;
  }
});

const actions = {
  // <form data-once>: a second press while the first is under way does nothing.
  once(form) {
    form.addEventListener('submit', (e) => {
      if (form.dataset.sent) e.preventDefault();
      form.dataset.sent = '1';
      for (const b of form.querySelectorAll('button[type=submit], button:not([type])')) b.classList.add('disabled');
    });
    addEventListener('pageshow', () => delete form.dataset.sent);
  },
  // <select data-submit>: changing it submits its form.
  submit(field) {
    field.addEventListener('change', () => field.form.requestSubmit());
  },
  // <input data-filter="#list">: hides the entries that do not contain the text.
  filter(field) {
    const entries = [...document.querySelectorAll(`${field.dataset.filter} > *`)];
    field.addEventListener('input', () => {
      const words = field.value.trim().toLowerCase();
      for (const e of entries) e.hidden = words !== '' && !e.textContent.toLowerCase().includes(words);
    });
  },
  // <button data-toggle-show="#id">
  toggleShow(button) {
    button.addEventListener('click', () => {
      const target = document.querySelector(button.dataset.toggleShow);
      target.hidden = !target.hidden;
      button.setAttribute('aria-expanded', String(!target.hidden));
      if (!target.hidden) target.querySelector('input:not([type=hidden]), textarea, select')?.focus();
    });
  },
  // <textarea data-count="…">: how many characters are left.
  count(field) {
    const out = document.querySelector(field.dataset.count);
    const show = () => (out.textContent = `${field.value.length} / ${field.maxLength}`);
    field.addEventListener('input', show);
    show();
  },
  // <button data-add="#template" data-into="#box">: one more of the same fields (problems at a visit).
  add(button) {
    button.addEventListener('click', () => {
      const box = document.querySelector(button.dataset.into);
      const n = box.children.length;
      const html = document.querySelector(button.dataset.add).innerHTML.replaceAll('__n__', String(n));
      box.insertAdjacentHTML('beforeend', html);
      bind(box.lastElementChild);
      box.lastElementChild.querySelector('input, textarea')?.focus();
    });
  },
};
function bind(scope) {
  for (const [name, fn] of Object.entries(actions)) {
    const attribute = `data-${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
    for (const e of [...(scope.matches?.(`[${attribute}]`) ? [scope] : []), ...scope.querySelectorAll(`[${attribute}]`)]) {
      if (e.dataset.bound?.includes(name)) continue;
      e.dataset.bound = `${e.dataset.bound ?? ''} ${name}`;
      fn(e);
    }
  }
}
// Keyboard on the desk: g then a letter goes to a page, / to the search field, ? shows the keys.
let go = false;
addEventListener('keydown', (e) => {
  if (e.target.closest('input, textarea, select, [contenteditable]') || e.ctrlKey || e.metaKey || e.altKey) return;
  if (e.key === '/') {
    const search = document.querySelector('[data-search]');
    if (search) {
      e.preventDefault();
      search.focus();
    }
  } else if (e.key === 'g') {
    go = true;
    setTimeout(() => (go = false), 1500);
  } else if (go) {
    document.querySelector(`[data-key="${e.key}"]`)?.click();
    go = false;
  }
});
document.addEventListener('htmx:load', (e) => bind(e.detail.elt));
if (document.readyState === 'loading') addEventListener('DOMContentLoaded', () => bind(document));
else bind(document);
