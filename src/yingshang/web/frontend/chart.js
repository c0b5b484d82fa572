// Charts: <div class="ys-chart" data-chart="id-of-json-script"> draws the ECharts option in that element; a click on a
// point that carries a url opens the cases behind it.
import * as echarts from 'echarts/core';
import { BarChart, LineChart, PieChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { SVGRenderer } from 'echarts/renderers';

echarts.use([BarChart, LineChart, PieChart, AriaComponent, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);
const COLORS = ['#0b5f6b', '#c8502b', '#6f8f2f', '#c99700', '#5b5ea6', '#8a6d5a', '#2b7fb8'];

function draw(box) {
  const source = document.getElementById(box.dataset.chart);
  const option = JSON.parse(source ? source.textContent : box.dataset.chart);
  const chart = echarts.init(box, null, { renderer: 'svg' });
  // Texts are measured on a canvas, which does not know "inherit": with the fonts' own names they get the room they need.
  chart.setOption({ color: COLORS, aria: { enabled: true }, textStyle: { fontFamily: getComputedStyle(box).fontFamily }, grid: { left: 8, right: 16, top: 32, bottom: 8, containLabel: true }, tooltip: { trigger: 'axis' }, ...option });
  chart.on('click', (p) => p.data?.url && location.assign(p.data.url));
  new ResizeObserver(() => chart.resize()).observe(box);
}
const start = (scope) => scope.querySelectorAll('[data-chart]:not([data-shown])').forEach((b) => { b.dataset.shown = '1'; draw(b); });
document.addEventListener('htmx:load', (e) => start(e.detail.elt));
if (document.readyState === 'loading') addEventListener('DOMContentLoaded', () => start(document));
else start(document);
