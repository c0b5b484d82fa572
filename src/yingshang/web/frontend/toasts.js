// Short notices in the corner; their words come from the page, in its language.
export function toast(kind) {
  const box = document.getElementById('toasts');
  const text = box?.dataset[kind];
  if (!text) return;
  const note = document.createElement('div');
  note.className = 'ys-toast';
  const words = document.createElement('span');
  words.textContent = text;
  const close = document.createElement('button');
  close.type = 'button';
  close.textContent = box.dataset.close;
  close.addEventListener('click', () => note.remove());
  note.append(words, close);
  box.append(note);
  // Stays until read: an error that vanishes by itself is missed by whoever looked away.
  while (box.children.length > 3) box.firstElementChild.remove();
}
