import { byId, figure, write } from "./dom.js";
import { ago, count, known, rate, seconds, time } from "./format.js";

let announced = "";

// The line on top. It is announced when the state changes, and not with every figure in it.
export function showHealth({ health, at }) {
  byId("health").dataset.level = health.level;
  byId("health").dataset.state = health.state;
  write(byId("health-text"), health.text);
  const worrying = health.level !== "good";
  write(byId("health-since"), worrying || health.state === "idle" ? `since ${time(health.since)}, ${ago(at - health.since)}` : "");
  write(byId("health-advice"), health.advice);
  if (announced !== health.state) {
    announced = health.state;
    write(byId("announcement"), `${health.text}. ${health.advice}`);
  }
  document.title = `${worrying ? "⚠ " : ""}${health.text} · cdf`;
}

export function showNames(status) {
  write(byId("broker"), status.broker);
  write(byId("topic"), status.topic);
  write(byId("table"), status.table);
  byId("status-link").href = `api/status?table=${encodeURIComponent(status.topic)}`;
}

export function showFigures(status) {
  const plain = ["topicEvents", "lagEvents", "rows", "tableVersion", "read", "applied", "superseded", "ignored", "deadLettered"];
  for (const name of plain) figure(name, count(status[name]), status[name] ?? "");
  for (const name of ["topicPerSecond", "tablePerSecond"]) figure(name, rate(status[name]), status[name] ?? "");
  for (const name of ["p50", "p95", "p99"]) figure(name, seconds(status.latencyMillis[name]), status.latencyMillis[name] ?? "");
  figure("lagSeconds", seconds(status.lagMillis), known(status.lagMillis) ? status.lagMillis / 1000 : "");
  showMix(status.kinds);
}

function showMix(kinds) {
  const mix = ["create", "update", "delete"];
  const all = mix.reduce((sum, kind) => sum + kinds[kind], 0);
  for (const kind of mix) {
    figure(kind, count(kinds[kind]), kinds[kind]);
    document.querySelector(`.mix [data-part="${kind}"]`).style.width = all === 0 ? "0" : `${100 * kinds[kind] / all}%`;
  }
}
