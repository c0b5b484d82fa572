// <div data-network>: arrows behind the cards (data-code), from what a card waits for (data-after) to the card; dashed from what
// only its result waits for (data-ends-after). Pointed at or focused, a card shows its own arrows and neighbours.
const SVG = 'http://www.w3.org/2000/svg';
const HEAD = 6;

function made(name, attributes, parent) {
  const e = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
  parent.append(e);
  return e;
}

export function network(box) {
  const cards = new Map([...box.querySelectorAll('[data-code]')].map((c) => [c.dataset.code, c]));
  const svg = made('svg', { class: 'ys-arrows', 'aria-hidden': 'true' }, box);
  const arrows = [];
  for (const to of cards.values()) {
    for (const [key, kind] of [['after', ''], ['endsAfter', ' ys-arrow-dashed']]) {
      for (const code of (to.dataset[key] ?? '').split(' ')) {
        const from = cards.get(code);
        if (!from) continue;
        const hot = from.dataset.critical && to.dataset.critical ? ' ys-arrow-critical' : '';
        const group = made('g', { class: `ys-arrow${kind}${hot}` }, svg);
        arrows.push({ from, to, group, line: made('path', {}, group), head: made('polygon', {}, group) });
      }
    }
  }
  // Arrows that leave or reach one card are spread along its edge.
  const spread = (list, key, other) => {
    const of = new Map();
    for (const a of list) of.set(a[key], [...(of.get(a[key]) ?? []), a]);
    for (const several of of.values()) {
      several.sort((a, b) => a[other].offsetLeft - b[other].offsetLeft);
      several.forEach((a, n) => (a[`${key}Part`] = (n + 1) / (several.length + 1)));
    }
  };
  const draw = () => {
    const frame = box.getBoundingClientRect();
    if (!frame.width) return;
    svg.setAttribute('width', frame.width);
    svg.setAttribute('height', frame.height);
    spread(arrows, 'from', 'to');
    spread(arrows, 'to', 'from');
    for (const a of arrows) {
      const f = a.from.getBoundingClientRect();
      const t = a.to.getBoundingClientRect();
      const x1 = f.left - frame.left + f.width * a.fromPart;
      const y1 = f.bottom - frame.top;
      const x2 = t.left - frame.left + t.width * a.toPart;
      const y2 = t.top - frame.top - 1;
      const bend = Math.min(Math.max((y2 - y1) / 2, 14), 60);
      a.line.setAttribute('d', `M${x1} ${y1} C${x1} ${y1 + bend} ${x2} ${y2 - HEAD - bend} ${x2} ${y2 - HEAD}`);
      a.head.setAttribute('points', `${x2},${y2} ${x2 - 4},${y2 - HEAD - 1} ${x2 + 4},${y2 - HEAD - 1}`);
    }
  };
  const show = (card) => {
    box.classList.toggle('ys-network-one', Boolean(card));
    for (const c of cards.values()) c.classList.toggle('ys-node-near', c === card);
    for (const a of arrows) {
      const mine = Boolean(card) && (a.from === card || a.to === card);
      a.group.classList.toggle('ys-arrow-on', mine);
      if (mine) {
        a.from.classList.add('ys-node-near');
        a.to.classList.add('ys-node-near');
        svg.append(a.group);
      }
    }
  };
  for (const card of cards.values()) {
    card.addEventListener('pointerenter', () => show(card));
    card.addEventListener('pointerleave', () => show(null));
  }
  new ResizeObserver(draw).observe(box);
  draw();
}
