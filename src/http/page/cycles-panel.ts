import { duration, known } from "../../telemetry/phrases.ts";
import type { PastCycle } from "../../status/overview/past-cycles.ts";
import { html, NONE, type Html } from "../html.ts";
import { chart } from "./chart.ts";
import { empty, panel } from "./panel.ts";
import { columnsSvg } from "./svg.ts";
import type { MaybeView } from "./view.ts";
import { ago, counted, money, number, timeAndDay } from "./words.ts";

const PLACES = 50;
const LEGEND = html`<p class="legend" aria-hidden="true">
  <span><span class="key fill-done"></span>vectors</span>
  <span><span class="key fill-bad"></span>errors</span>
  <span class="only-live"><span class="key dot"></span>duration</span>
</p>`;

/** The latest cycles: how long each took, how many vectors it wrote, and what went wrong. */
export function cyclesPanel(view: MaybeView): Html {
  const past = view?.overview.cycles.past ?? [];
  const here = view?.overview.cycles.here ?? true;
  const last = past.at(-1);
  const none = here
    ? empty("No cycle has run yet.", "Cycles appear here when they end.")
    : empty("This process runs no cycles.", "The daemon's page shows them.");
  return panel({
    id: "cycles",
    title: past.length < 2 ? "Cycles" : `Last ${counted(past.length, "cycle")}`,
    aside: last ? html`<p>last ${ago(last.started_at)}</p>` : NONE,
    body: past.length === 0 ? none : html`${drawn(past)} ${latestProblem(past)}`,
  });
}

function drawn(past: readonly PastCycle[]): Html {
  const kinds = [...new Set(past.flatMap(({ faults }) => Object.keys(faults)))];
  const vectors = past.reduce((sum, one) => sum + one.vectors, 0);
  const errors = past.reduce((sum, one) => sum + errorsOf(one), 0);
  return chart({
    id: "cycles-chart",
    label: `${counted(past.length, "cycle")}: ${counted(vectors, "vector")}, ${counted(errors, "error")}`,
    data: {
      kind: "cycles",
      at: past.map(({ started_at: at }) => Date.parse(at) / 1000),
      vectors: past.map((one) => one.vectors),
      seconds: past.map(({ duration_ms: ms }) => ms / 1000),
      errors: past.map(errorsOf),
      said: past.map(inWords),
    },
    svg: columnsSvg(
      past.map((one) => ({ good: one.vectors, bad: errorsOf(one) })),
      PLACES,
    ),
    legend: LEGEND,
    heads: ["Started (UTC)", "Duration", "Vectors", "Reused", "Errors", "Backlog", "Cost"],
    rows: past
      .map((one) => [
        timeAndDay(one.started_at).replace(" UTC", ""),
        duration(one.duration_ms),
        number(one.vectors),
        number(one.reused),
        [String(errorsOf(one)), ...byKind(one)].join(kinds.length > 0 ? " " : ""),
        one.backlog === null ? known(null) : number(one.backlog),
        money(one.cost_usd),
      ])
      .toReversed(),
  });
}

/** Why the last one failed, or ended early. */
function latestProblem(past: readonly PastCycle[]): Html {
  const last = past.at(-1);
  const why = last?.error ?? last?.reason;
  return why ? html`<p class="note is-bad">The last one: ${why}</p>` : NONE;
}

function errorsOf({ quarantined, deferred, error }: PastCycle): number {
  return quarantined + deferred + (error === null ? 0 : 1);
}

function byKind({ faults }: PastCycle): string[] {
  const kinds = Object.entries(faults).map(([kind, many]) => `${kind} ${number(many)}`);
  return kinds.length > 0 ? [`(${kinds.join(", ")})`] : [];
}

function inWords(one: PastCycle): string {
  const name = one.drain ? "Drain" : "Cycle";
  const errors = errorsOf(one);
  const wrong = errors > 0 ? [counted(errors, "error"), ...byKind(one)].join(" ") : "no errors";
  return `${name} of ${timeAndDay(one.started_at)} · ${duration(one.duration_ms)} · ${counted(one.vectors, "vector")} · ${wrong}`;
}
