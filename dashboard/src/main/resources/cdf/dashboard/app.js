import { showBatches, startBatches } from "./batches.js";
import { showChanges, startChanges, togglePause } from "./changes.js";
import { showPoints, startCharts } from "./charts.js";
import { showDeadLetters } from "./dead-letters.js";
import { byId, write } from "./dom.js";
import { showFigures, showHealth, showNames } from "./figures.js";
import { time } from "./format.js";
import { connect } from "./stream.js";
import { showTables } from "./tables.js";
import { startTheme, toggleTheme } from "./theme.js";
import { showVerification, startVerification, verify } from "./verification.js";

function showFrame(frame) {
  const { status, whole } = frame;
  showNames(status);
  showTables(status);
  showHealth(status);
  showFigures(status);
  showChanges(status, frame.changes);
  showPoints(frame.points, whole);
  showBatches(frame.batches, frame.marks, whole);
  showDeadLetters(status, frame.deadLetters, whole);
  showVerification(status);
}

// Frames that came since the page was drawn last. The browser hands over several at once, when many wait.
let arrived = [];

function take(frame) {
  if (frame.whole) arrived = [];
  arrived.push(frame);
  if (document.hidden) {
    showArrived();
  } else if (arrived.length === 1) {
    requestAnimationFrame(showArrived);
  }
}

function showArrived() {
  if (arrived.length === 0) return;
  const all = name => arrived.flatMap(frame => frame[name]);
  const frame = {
    status: arrived.at(-1).status, whole: arrived[0].whole,
    changes: all("changes"), batches: all("batches"), marks: all("marks"), deadLetters: all("deadLetters"), points: all("points"),
  };
  arrived = [];
  showFrame(frame);
}

function showStale(since) {
  const stale = since !== null;
  const text = stale ? `Stale since ${time(since)}: this page has lost cdf. It tries again by itself; if cdf has ended, start it again.` : "";
  document.body.classList.toggle("stale", stale);
  byId("stale").hidden = !stale;
  write(byId("stale"), text);
  write(byId("announcement"), stale ? text : "Connected again.");
  byId("connection").dataset.state = stale ? "stale" : "live";
  write(byId("connection"), stale ? "stale" : "live");
}

function startKeys() {
  byId("keys-button").addEventListener("click", () => byId("keys").showModal());
  const actions = {
    p: togglePause, t: toggleTheme, v: verify, "/": () => byId("filter-id").focus(), "?": () => byId("keys").showModal(),
  };
  document.addEventListener("keydown", event => {
    const typing = event.target.closest("input, select, dialog");
    if (typing && event.key === "Escape" && event.target.id === "filter-id") event.target.blur();
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  });
}

startTheme();
startCharts();
startChanges();
startBatches();
startVerification();
startKeys();
connect(frame => {
  if (byId("connection").dataset.state === "connecting") showStale(null);
  take(frame);
}, showStale);
