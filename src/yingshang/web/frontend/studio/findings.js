// Findings of the check while somebody types: the server's list, and its rules and columns marked in the open table.
const WAIT = 350; // milliseconds after the last key

export class Findings {
  constructor(box, url, token) {
    Object.assign(this, { box, url, token, timer: 0, sheet: document.head.appendChild(document.createElement('style')) });
    this.list = box.querySelector('[data-list]');
    this.list.addEventListener('click', (e) => {
      const found = e.target.closest('[data-table]');
      if (found) this.go?.(found.dataset);
    });
  }

  /** Check soon; a check that is under way is given up. */
  soon(read) {
    clearTimeout(this.timer);
    this.box.setAttribute('aria-busy', 'true');
    this.timer = setTimeout(() => this.now(read), WAIT);
  }

  async now(read) {
    this.asked?.abort();
    this.asked = new AbortController();
    try {
      const answer = await fetch(this.url, { method: 'POST', credentials: 'same-origin', body: await read(), signal: this.asked.signal, headers: { 'Content-Type': 'application/xml', 'X-CSRFToken': this.token } });
      this.list.innerHTML = answer.ok ? await answer.text() : `<p class="ys-empty">${this.box.dataset.failed}</p>`;
    } catch (error) {
      if (error.name === 'AbortError') return;
      this.list.innerHTML = `<p class="ys-empty">${this.box.dataset.failed}</p>`;
    }
    this.box.removeAttribute('aria-busy');
    this.shown?.();
  }

  /** Mark what the findings name in the open table: {name, rules: [ids], inputs: {label: id}, outputs: {name: id}, cells}. */
  mark(table) {
    const rules = [];
    for (const found of this.list.querySelectorAll('[data-table]')) {
      const { table: name, rules: numbers, column, severity } = found.dataset;
      // The table of a decision, or one inside it (decision.entry).
      if (!table || (name && name.split('.')[0] !== table.name)) continue;
      for (const selector of table.selectors(numbers.split(',').filter(Boolean).map(Number), column)) rules.push([selector, severity]);
    }
    const colour = { error: ['#fff3ef', '#b4431f'], open: ['#fff8e6', '#a06000'], warning: ['#fff8e6', '#a06000'], info: ['#eef5fc', '#0b4f8a'] };
    this.sheet.textContent = rules
      .sort(([, a], [, b]) => 'info warning open error'.indexOf(a) - 'info warning open error'.indexOf(b))
      .map(([s, severity]) => `[data-studio] ${s}{background:${colour[severity][0]}!important;box-shadow:inset 0 -3px 0 ${colour[severity][1]}}`)
      .join('\n');
  }
}
