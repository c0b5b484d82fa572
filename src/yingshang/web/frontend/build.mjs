// Builds the front end into ../static_build/ys: one small bundle for every page, diagram, chart, map and table-editor bundles
// for the pages that show one, the style sheet, the mark, and a sprite of the icons that templates name.
import { build } from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../../../..');
const web = path.resolve(here, '..');
const built = path.resolve(web, 'static_build');
// Made beside and put in place at the end: a site that is being served never misses a file for longer than a rename.
const draft = path.join(root, 'node_modules/.static_build');
const out = path.join(draft, 'ys');
const modules = path.join(root, 'node_modules');

fs.rmSync(draft, { recursive: true, force: true });
fs.mkdirSync(out, { recursive: true });

function walk(folder, wanted) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((e) => {
    const full = path.join(folder, e.name);
    if (e.isDirectory()) return ['node_modules', 'static_build'].includes(e.name) ? [] : walk(full, wanted);
    return wanted.test(e.name) ? [full] : [];
  });
}
const sources = walk(path.join(root, 'src/yingshang'), /\.(html|py|js|toml)$/);

await build({
  entryPoints: {
    app: path.join(here, 'app.js'),
    diagram: path.join(here, 'diagram.js'),
    chart: path.join(here, 'chart.js'),
    map: path.join(here, 'map.js'),
    // MapLibre reads its worker from an address of its own, which the policy against foreign scripts allows.
    'map-worker': path.join(modules, 'maplibre-gl/dist/maplibre-gl-worker.mjs'),
    studio: path.join(here, 'studio/studio.js'),
  },
  outdir: out,
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['es2020'],
  legalComments: 'none',
  logOverride: { 'empty-import-meta': 'silent' },
  loader: { '.woff2': 'dataurl', '.woff': 'empty', '.ttf': 'empty', '.eot': 'empty', '.svg': 'dataurl' },
  nodePaths: [modules],
});

await build({
  entryPoints: { app: path.join(here, 'app.css'), map: path.join(here, 'map.css') },
  outdir: out,
  bundle: true,
  minify: true,
  legalComments: 'none',
  nodePaths: [modules],
  external: ['*.woff2'],
});
const names = new Set(['star-filled', 'star', 'point', 'check', 'x', 'info-circle', 'alert-triangle', 'circle-check', 'language', 'logout', 'chevron-right']);
for (const file of sources) {
  const text = fs.readFileSync(file, 'utf8');
  for (const m of text.matchAll(/\{%\s*icon\s+["']([a-z0-9-]+)["']/g)) names.add(m[1]);
  for (const m of text.matchAll(/["']icon["']:\s*["']([a-z0-9-]+)["']/g)) names.add(m[1]);
  for (const m of text.matchAll(/_chip\("\w+", "([a-z0-9-]+)"/g)) names.add(m[1]);
  for (const m of text.matchAll(/icon=["']([a-z0-9-]+)["']/g)) names.add(m[1]);
  if (file.endsWith('timeline.py')) for (const m of text.matchAll(/^\s*"\w+": \("([a-z0-9-]+)"/gm)) names.add(m[1]);
}
const symbols = [];
for (const name of [...names].sort()) {
  const filled = name.endsWith('-filled');
  const file = path.join(modules, '@tabler/icons/icons', filled ? 'filled' : 'outline', `${name.replace(/-filled$/, '')}.svg`);
  if (!fs.existsSync(file)) {
    console.warn(`no icon called ${name}`);
    continue;
  }
  const inner = fs.readFileSync(file, 'utf8').replace(/<!--[\s\S]*?-->/g, '').replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, '').replace(/\s+/g, ' ').trim();
  const paint = filled ? 'fill="currentColor"' : 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"';
  symbols.push(`<symbol id="${name}" viewBox="0 0 24 24" ${paint}>${inner}</symbol>`);
}
fs.writeFileSync(path.join(out, 'icons.svg'), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>`);
fs.copyFileSync(path.join(here, 'mark.svg'), path.join(out, 'mark.svg'));
fs.rmSync(built, { recursive: true, force: true });
fs.renameSync(draft, built);
for (const name of fs.readdirSync(path.join(built, 'ys'))) console.log(name, fs.statSync(path.join(built, 'ys', name)).size);
