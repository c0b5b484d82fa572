// What every page needs: htmx, and small behaviours bound by data- attributes. No inline script anywhere (CSP).
import htmx from 'htmx.org';
import { behaviours } from './behaviours.js';
import { keyboard } from './keyboard.js';
import { toast } from './toasts.js';

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
document.addEventListener('htmx:sendError', () => toast('offline'));
document.addEventListener('htmx:responseError', (e) => toast(e.detail.xhr.status === 429 ? 'busy' : 'broken'));

function bind(scope) {
  for (const [name, fn] of Object.entries(behaviours)) {
    const attribute = `data-${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
    const found = [...(scope.matches?.(`[${attribute}]`) ? [scope] : []), ...scope.querySelectorAll(`[${attribute}]`)];
    for (const e of found) {
      if (e.dataset.bound?.split(' ').includes(name)) continue;
      e.dataset.bound = `${e.dataset.bound ?? ''} ${name}`;
      fn(e, bind);
    }
  }
}
document.addEventListener('htmx:load', (e) => bind(e.detail.elt));
function start() {
  bind(document);
  keyboard();
  // On a phone the navigation scrolls sideways: begin at the page that is open.
  document.querySelector('.ys-side [aria-current=page]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
}
if (document.readyState === 'loading') addEventListener('DOMContentLoaded', start);
else start();
