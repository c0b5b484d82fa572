// Small behaviours, each bound to the elements that carry its data- attribute.

import { network } from './network.js';

const MEGABYTE = 1024 * 1024;

export const behaviours = {
  network,
  // <form data-once>: a second press while the first is under way does nothing.
  once(form) {
    form.addEventListener('submit', (e) => {
      if (form.dataset.sent) e.preventDefault();
      form.dataset.sent = '1';
      for (const b of form.querySelectorAll('button[type=submit], button:not([type])')) b.classList.add('disabled');
    });
    addEventListener('pageshow', () => {
      delete form.dataset.sent;
      for (const b of form.querySelectorAll('button.disabled')) b.classList.remove('disabled');
    });
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
  add(button, bind) {
    button.addEventListener('click', () => {
      const box = document.querySelector(button.dataset.into);
      const n = box.children.length;
      const html = document.querySelector(button.dataset.add).innerHTML.replaceAll('__n__', String(n));
      box.insertAdjacentHTML('beforeend', html);
      bind(box.lastElementChild);
      box.lastElementChild.querySelector('input, textarea')?.focus();
    });
  },
  // <input type=file data-files="#list" data-most="5" data-megabytes="20" data-too-big="…" data-too-many="…">: what was
  // chosen, and what will be refused, before it is sent.
  files(field) {
    const list = document.querySelector(field.dataset.files);
    field.addEventListener('change', () => {
      const files = [...field.files];
      list.replaceChildren(
        ...files.map((file) => {
          const row = document.createElement('li');
          const big = file.size > field.dataset.megabytes * MEGABYTE;
          row.textContent = `${file.name} · ${(file.size / MEGABYTE).toFixed(1)} MB${big ? ` · ${field.dataset.tooBig}` : ''}`;
          row.classList.toggle('ys-too-big', big);
          return row;
        }),
      );
      const many = field.dataset.most && files.length > field.dataset.most;
      if (many) list.prepend(Object.assign(document.createElement('li'), { textContent: field.dataset.tooMany, className: 'ys-too-big' }));
      field.setCustomValidity(list.querySelector('.ys-too-big')?.textContent ?? '');
    });
  },
  // <button data-pick="#radio">: chooses a radio button somewhere else on the page.
  pick(button) {
    button.addEventListener('click', () => {
      const radio = document.querySelector(button.dataset.pick);
      if (!radio) return;
      radio.checked = true;
      radio.dispatchEvent(new Event('change', { bubbles: true }));
      radio.closest('label')?.scrollIntoView({ block: 'nearest' });
    });
  },
  // <button data-fill="#form" data-values='{"login": "…"}'>: fills fields of a form (the demo's sign-ins).
  fill(button) {
    button.addEventListener('click', () => {
      const form = document.querySelector(button.dataset.fill);
      for (const [name, value] of Object.entries(JSON.parse(button.dataset.values))) form.elements[name].value = value;
      form.querySelector('button:not([type]), button[type=submit]').focus();
    });
  },
  // <button data-open="#dialog">
  open(button) {
    button.addEventListener('click', () => document.querySelector(button.dataset.open)?.showModal());
  },
  // <input type=range data-slider="#number">: the figure beside follows the handle, and the handle the figure that is typed;
  // whoever listens for `change` hears it once, on release.
  slider(range) {
    const figure = document.querySelector(range.dataset.slider);
    range.addEventListener('input', () => { figure.value = range.value; });
    figure.addEventListener('change', () => {
      range.max = Math.max(Number(range.max), Number(figure.value));
      range.value = figure.value;
    });
  },
  // <textarea readonly data-quote="#quote" data-place="#start">: what is marked in a text becomes the quote of a clause.
  quote(text) {
    const [quote, place] = [text.dataset.quote, text.dataset.place].map((s) => document.querySelector(s));
    text.addEventListener('select', () => {
      quote.value = text.value.slice(text.selectionStart, text.selectionEnd).trim();
      place.value = String(text.value.indexOf(quote.value, text.selectionStart));
    });
  },
  // <details data-menu>: closes by Escape, by a click elsewhere, and when the focus leaves it.
  menu(details) {
    const close = () => details.removeAttribute('open');
    details.addEventListener('keydown', (e) => {
      if (e.key !== 'Escape' || !details.open) return;
      close();
      details.querySelector('summary').focus();
    });
    document.addEventListener('click', (e) => details.contains(e.target) || close());
    details.addEventListener('focusout', (e) => e.relatedTarget && !details.contains(e.relatedTarget) && close());
  },
};
