import uPlot from "./uplot.js";
import { byId, element, table, write } from "./dom.js";
import { count, rate, seconds, time } from "./format.js";
import { colour, onColours } from "./theme.js";

const POINTS = 600;
const WINDOW_SECONDS = 600;
const FONT = "11px Inter, system-ui, sans-serif";
const TABLE_STEP = 10;

const line = (column, label, stroke, width = 1.75) => ({ column, label, stroke, width });
const CHARTS = [
  { id: "rates", title: "Events a second", format: rate,
    lines: [line(1, "topic", "accent-3", 5), line(2, "table", "accent")] },
  { id: "latency", title: "Latency, s", format: seconds,
    lines: [line(5, "p99", "grey-1"), line(4, "p95", "accent-2"), line(3, "p50", "accent")] },
  { id: "lag-seconds", title: "Lag, s", format: seconds, lines: [line(6, "oldest event", "accent")] },
  { id: "lag-events", title: "Events that wait", format: count, lines: [line(7, "events", "accent")] },
];

// Columns of the server's points, which come a second apart.
let columns = Array.from({ length: 8 }, () => []);
let charts = [];

function makeChart(spec) {
  const values = spec.lines.map(() => element("b", {}, "–"));
  const legend = element("p", { class: "legend" }, ...spec.lines.map((each, at) => {
    const swatch = element("i", { class: "line" });
    swatch.style.background = `var(--${each.stroke})`;
    return element("span", {}, swatch, each.label, " ", values[at]);
  }));
  const place = element("div", { class: "chart", role: "img",
    "aria-label": `${spec.title} over the last ten minutes; the table below has the numbers` });
  const details = element("details", {}, element("summary", {}, "As a table"));
  const panel = element("section", { class: "panel", id: spec.id, "aria-labelledby": `${spec.id}-title` },
    element("div", { class: "title" }, element("h2", { id: `${spec.id}-title` }, spec.title), legend), place, details);
  byId("charts").append(panel);

  const axis = { stroke: () => colour("muted"), font: FONT, ticks: { show: false }, grid: { stroke: () => colour("line"), width: 1 } };
  const plot = new uPlot({
    width: 300, height: 116, padding: [8, 16, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: {
      x: { time: true, range: (u, from, to) => [to - WINDOW_SECONDS, to] },
      y: { range: (u, from, to) => [0, Math.max(1, to * 1.1)] },
    },
    axes: [
      { ...axis, size: 24, gap: 4, space: 80, values: (u, splits) => splits.map(at => time(at * 1000).slice(0, 5)) },
      { ...axis, size: 46, gap: 4, space: 32, values: (u, splits) => splits.map(short) },
    ],
    series: [{}, ...spec.lines.map(each => ({
      label: each.label, stroke: () => colour(each.stroke), width: each.width, points: { show: false }, spanGaps: false,
    }))],
    hooks: { setCursor: [() => chart.showValues()] },
  }, [[], ...spec.lines.map(() => [])], place);

  const inSeconds = spec.format === seconds;
  const chart = {
    showValues() {
      const at = plot.cursor.idx ?? columns[0].length - 1;
      spec.lines.forEach((each, index) => write(values[index], spec.format(columns[each.column][at])));
    },
    draw() {
      const scaled = spec.lines.map(each => inSeconds ? columns[each.column].map(value => value === null ? null : value / 1000) : columns[each.column]);
      plot.setData([columns[0], ...scaled]);
      chart.showValues();
    },
    redraw: () => plot.redraw(false),
    fillTable() {
      if (!details.open) return;
      details.querySelector(".table-scroll")?.remove();
      const rows = [];
      for (let at = columns[0].length - 1; at >= 0; at -= TABLE_STEP) {
        rows.push([time(columns[0][at] * 1000), ...spec.lines.map(each => spec.format(columns[each.column][at]))]);
      }
      details.append(table(`${spec.title}, every ten seconds, newest first`, ["time", ...spec.lines.map(each => each.label)], rows));
    },
  };
  details.addEventListener("toggle", chart.fillTable);
  new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: place.clientHeight })).observe(place);
  return chart;
}

// An axis has no room for more than 12k or 3.4M.
function short(value) {
  if (value >= 1e6) return `${+(value / 1e6).toFixed(1)}M`;
  return value >= 1e4 ? `${+(value / 1e3).toFixed(1)}k` : String(+value.toFixed(2));
}

export function startCharts() {
  charts = CHARTS.map(makeChart);
  onColours(() => charts.forEach(chart => chart.redraw()));
  setInterval(() => charts.forEach(chart => chart.fillTable()), 10_000);
}

// Adds points, or begins anew with them.
export function showPoints(points, whole) {
  if (whole) columns = columns.map(() => []);
  if (points.length === 0) return;
  for (const point of points) {
    point.forEach((value, at) => columns[at].push(at === 0 ? value / 1000 : value));
  }
  if (columns[0].length > POINTS) columns = columns.map(column => column.slice(-POINTS));
  if (!document.hidden) charts.forEach(chart => chart.draw());
}
