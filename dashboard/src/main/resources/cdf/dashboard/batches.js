import { byId, element, table, write } from "./dom.js";
import { count, counted, time } from "./format.js";
import { colour, onColours } from "./theme.js";

const KEPT = 1200;
const WINDOW_MILLIS = 600_000;
const TABLE_ROWS = 100;
const COLOURS = new Map([
  ["catch up", "grey-2"], ["read, decode, write", "accent"], ["dead letters", "bad"],
  ["index", "accent-3"], ["deletion vectors", "grey-1"], ["commit", "accent-2"],
]);
const BAR = 3; // pixels, with the gap

let batches = [];
let marks = [];
let stages = [];
let hovered = null;

const total = batch => Object.values(batch.stages).reduce((sum, millis) => sum + millis, 0);
const colourOf = stage => COLOURS.get(stage) ?? "grey-1";

export function showBatches(newBatches, newMarks, whole) {
  if (whole) [batches, marks] = [[], []];
  if (!whole && newBatches.length + newMarks.length === 0) return;
  batches = [...batches, ...newBatches].slice(-KEPT);
  marks = [...marks, ...newMarks].slice(-KEPT);
  for (const batch of newBatches) {
    for (const stage of Object.keys(batch.stages)) {
      if (!stages.includes(stage)) stages.push(stage);
    }
  }
  byId("timeline").hidden = batches.length === 0;
  byId("no-batch").hidden = batches.length > 0;
  showLegend();
  showNote();
  draw();
}

function showLegend() {
  const legend = byId("stage-legend");
  const merged = marks.some(mark => mark.kind === "compaction") ? [element("span", {}, "▾ files merged")] : [];
  if (legend.childElementCount === stages.length + merged.length) return;
  legend.replaceChildren(...stages.map(stage => {
    const swatch = element("i");
    swatch.style.background = `var(--${colourOf(stage)})`;
    return element("span", {}, swatch, stage);
  }), ...merged);
}

function showNote() {
  const batch = hovered ?? batches.at(-1);
  const mark = marks.at(-1);
  write(byId("batch-note"), batch
    ? `${time(batch.at)}, version ${count(batch.version)}: ${counted(batch.read, "event")} in ${count(total(batch))} ms`
      + (mark && !hovered ? ` · ${time(mark.at)} ${mark.text}` : "")
    : "");
}

function draw() {
  const place = byId("timeline");
  if (place.hidden || document.hidden) return;
  const canvas = place.querySelector("canvas");
  const scale = devicePixelRatio;
  const [width, height] = [place.clientWidth, place.clientHeight];
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  const view = { top: 14, bottom: height - 16, left: 0, right: width };
  const to = Math.max(batches.at(-1)?.at ?? 0, marks.at(-1)?.at ?? 0);
  const from = Math.max(to - WINDOW_MILLIS, Math.min(batches[0]?.at ?? to, to - 60_000));
  const x = at => view.left + (at - from) / (to - from) * (view.right - view.left - BAR);
  const visible = batches.filter(batch => batch.at >= from);
  // One slow batch, such as the first, must not make all others invisible.
  const sorted = visible.map(total).sort((a, b) => a - b);
  const highest = Math.max(20, Math.min(sorted.at(-1) ?? 0, 3 * (sorted[Math.floor(sorted.length * 0.9)] ?? 0)));
  pen.font = "11px Inter, system-ui, sans-serif";
  pen.strokeStyle = colour("line");
  pen.beginPath();
  pen.moveTo(view.left, view.bottom + 0.5);
  pen.lineTo(view.right, view.bottom + 0.5);
  pen.stroke();
  // Of the batches that fall on one bar, the slowest.
  const bars = new Map();
  for (const batch of visible) {
    const bar = Math.floor(x(batch.at) / BAR);
    if (!bars.has(bar) || total(bars.get(bar)) < total(batch)) bars.set(bar, batch);
  }
  for (const [bar, batch] of bars) {
    let y = view.bottom;
    for (const stage of stages) {
      const part = (batch.stages[stage] ?? 0) / highest * (view.bottom - view.top);
      const end = Math.max(view.top, y - part);
      pen.fillStyle = colour(colourOf(stage));
      pen.fillRect(bar * BAR, end, BAR - 1, y - end);
      y = end;
    }
  }
  for (const mark of marks.filter(each => each.at >= from)) drawMark(pen, mark, x(mark.at), view);
  pen.fillStyle = colour("muted");
  pen.textBaseline = "alphabetic";
  const scaleText = `${count(highest)} ms`;
  pen.clearRect(0, 0, pen.measureText(scaleText).width + 6, view.top - 1); // a mark there would make it unreadable
  pen.fillText(scaleText, view.left, 10);
  pen.fillText(time(from), view.left, height - 3);
  pen.textAlign = "right";
  pen.fillText(time(to), view.right, height - 3);
  pen.textAlign = "left";
  place.view = { from, to, left: view.left, right: view.right - BAR };
}

function drawMark(pen, mark, x, view) {
  pen.fillStyle = pen.strokeStyle = colour(mark.kind === "restart" ? "bad" : "text");
  if (mark.kind === "restart") {
    pen.setLineDash([3, 2]);
    pen.beginPath();
    pen.moveTo(x, view.top);
    pen.lineTo(x, view.bottom);
    pen.stroke();
    pen.setLineDash([]);
    pen.fillText("restart", Math.min(x + 3, view.right - 40), view.top + 9);
    return;
  }
  pen.beginPath();
  pen.moveTo(x - 4, view.top - 8);
  pen.lineTo(x + 4, view.top - 8);
  pen.lineTo(x, view.top - 1);
  pen.fill();
}

function hover(event) {
  const place = byId("timeline");
  const { from, to, left, right } = place.view ?? {};
  if (from === undefined) return;
  const at = from + (event.offsetX - left) / (right - left) * (to - from);
  hovered = batches.reduce((best, batch) => best === null || Math.abs(batch.at - at) < Math.abs(best.at - at) ? batch : best, null);
  showNote();
}

function fillTable() {
  const details = byId("batch-table");
  if (!details.open) return;
  details.querySelector(".table-scroll")?.remove();
  const rows = [
    ...batches.slice(-TABLE_ROWS).map(batch => [batch.at, [time(batch.at), count(batch.version), count(batch.read),
      ...stages.map(stage => count(batch.stages[stage] ?? 0)), count(total(batch)), ""]]),
    ...marks.slice(-TABLE_ROWS).map(mark => [mark.at, [time(mark.at), "", "", ...stages.map(() => ""), "", `${mark.kind}: ${mark.text}`]]),
  ].sort((one, other) => other[0] - one[0]).slice(0, TABLE_ROWS).map(([, cells]) => cells);
  details.append(table("Batches, newest first, times in milliseconds", ["time", "version", "events", ...stages, "total", "mark"], rows));
}

export function startBatches() {
  byId("timeline").addEventListener("mousemove", hover);
  byId("timeline").addEventListener("mouseleave", () => {
    hovered = null;
    showNote();
  });
  byId("batch-table").addEventListener("toggle", fillTable);
  setInterval(fillTable, 5000);
  onColours(draw);
  new ResizeObserver(draw).observe(byId("timeline"));
}
