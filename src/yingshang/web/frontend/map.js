// The map of service points: <div data-map="id-of-json-script"> draws outlines and points with MapLibre, without any tile
// server. A schematic plane (kilometres) is laid on the equator, where degrees of both axes are of one length. Where the
// browser has no WebGL the note inside is shown; the list beside says the same in words.
import { LngLatBounds, Map as MapLibre, Marker, NavigationControl, Popup, setWorkerUrl } from 'maplibre-gl';

const KM = 111.32;
const COLORS = ['#8c2f39', '#b0431f', '#0b5f6b', '#4f5297', '#55701f', '#6f5546'];
const polygon = (ring, properties) => ({ type: 'Feature', properties, geometry: { type: 'Polygon', coordinates: [[...ring, ring[0]]] } });
const collection = (features) => ({ type: 'FeatureCollection', features });

function supported() {
  const canvas = document.createElement('canvas');
  return Boolean(canvas.getContext('webgl2') || canvas.getContext('webgl'));
}
function middle(ring) {
  const sum = ring.reduce((s, p) => [s[0] + p[0], s[1] + p[1]], [0, 0]);
  return [sum[0] / ring.length, sum[1] / ring.length];
}
function label(text, css) {
  return Object.assign(document.createElement('span'), { textContent: text, className: css });
}

function style(told, onMap) {
  const areas = told.areas.map((a) => polygon(a.outline.map(onMap), { chosen: a.chosen }));
  const points = told.points.map((p) => ({
    type: 'Feature',
    properties: { name: p.name, kind: p.kind, rank: p.rank, number: p.number },
    geometry: { type: 'Point', coordinates: onMap(p.at) },
  }));
  const colour = ['match', ['get', 'rank'], ...COLORS.flatMap((c, i) => [i, c]), '#777777'];
  const listed = ['>', ['get', 'number'], 0];
  return {
    version: 8,
    sources: {
      areas: { type: 'geojson', data: collection(areas) },
      points: { type: 'geojson', data: collection(points) },
    },
    layers: [
      { id: 'paper', type: 'background', paint: { 'background-color': '#f4f7f6' } },
      { id: 'area', type: 'fill', source: 'areas', paint: { 'fill-color': ['case', ['get', 'chosen'], '#cfe6e4', '#e6eeec'] } },
      { id: 'border', type: 'line', source: 'areas', paint: { 'line-color': '#9db5b2', 'line-width': 1.5, 'line-dasharray': [3, 2] } },
      {
        id: 'point', type: 'circle', source: 'points', layout: { 'circle-sort-key': ['case', listed, 1, 0] },
        paint: {
          'circle-color': colour, 'circle-radius': ['case', listed, 8, 4], 'circle-opacity': ['case', listed, 1, 0.45],
          'circle-stroke-color': '#ffffff', 'circle-stroke-width': ['case', listed, 2, 1],
        },
      },
    ],
  };
}

function draw(box) {
  const told = JSON.parse(document.getElementById(box.dataset.map).textContent);
  if (!supported()) {
    box.classList.add('ys-map-none');
    box.querySelector('[data-no-map]').hidden = false;
    return;
  }
  const real = told.geometry === 'wgs84';
  const onMap = real ? (p) => p : (p) => [p[0] / KM, p[1] / KM];
  const offMap = real ? (at) => [at.lng, at.lat] : (at) => [at.lng * KM, at.lat * KM];
  const bounds = new LngLatBounds();
  const chosen = told.points.filter((p) => p.number);
  // Once somebody has said where they are, what is near fills the map; the whole district else.
  const near = told.place || told.areas.some((a) => a.chosen);
  if (near) for (const p of [...chosen.map((c) => c.at), ...(told.place ? [told.place] : [])]) bounds.extend(onMap(p));
  else for (const a of told.areas) for (const p of a.outline) bounds.extend(onMap(p));
  setWorkerUrl(new URL(box.dataset.worker, location.href).href);
  const map = new MapLibre({
    container: box, style: style(told, onMap), bounds, fitBoundsOptions: { padding: near ? 56 : 16, maxZoom: real ? 15 : 12 }, attributionControl: false,
    dragRotate: false, pitchWithRotate: false, touchPitch: false, cooperativeGestures: false, fadeDuration: 0,
    locale: {
      'Map.Title': box.dataset.label, 'NavigationControl.ZoomIn': box.dataset.closer, 'NavigationControl.ZoomOut': box.dataset.wider,
      'Popup.Close': box.dataset.close,
    },
  });
  map.addControl(new NavigationControl({ showCompass: false }), 'top-right');
  map.scrollZoom.disable();
  const pin = (at, element, more) => new Marker({ element, ...more }).setLngLat(onMap(at)).addTo(map);
  for (const a of told.areas) pin(middle(a.outline), label(a.name, 'ys-map-name'));
  for (const p of chosen) pin(p.at, label(String(p.number), 'ys-map-number'));
  if (told.place) pin(told.place, label(box.dataset.here, 'ys-map-here'), { anchor: 'bottom', offset: [0, -12] });
  map.on('click', (e) => {
    const [hit] = map.queryRenderedFeatures([[e.point.x - 6, e.point.y - 6], [e.point.x + 6, e.point.y + 6]], { layers: ['point'] });
    if (hit) {
      const said = document.createElement('div');
      said.append(label(hit.properties.name, 'd-block fw-medium'), label(hit.properties.kind, 'text-secondary'));
      new Popup().setLngLat(hit.geometry.coordinates).setDOMContent(said).addTo(map);
      return;
    }
    const query = new URLSearchParams(location.search);
    const [x, y] = offMap(e.lngLat);
    query.set('x', x.toFixed(real ? 6 : 3));
    query.set('y', y.toFixed(real ? 6 : 3));
    query.delete('near');
    location.search = query;
  });
  map.on('load', () => { box.dataset.drawn = '1'; });
}

const start = () => document.querySelectorAll('[data-map]').forEach(draw);
if (document.readyState === 'loading') addEventListener('DOMContentLoaded', start);
else start();
