import type { BacklogPoint } from "../../status/overview/backlog-history.ts";
import { html, NONE, type Html } from "../html.ts";
import { chart } from "./chart.ts";
import { lineSvg } from "./svg.ts";
import { empty, panel } from "./panel.ts";
import type { MaybeView } from "./view.ts";
import { number, timeAndDay } from "./words.ts";

/** More than that no screen shows. */
const MAX_POINTS = 240;
const ROWS = 12;

export function backlogPanel(view: MaybeView): Html {
  const points = fewer(view?.overview.backlog ?? [], MAX_POINTS);
  const last = points.at(-1);
  return panel({
    id: "backlog",
    title: "Backlog over time",
    aside: last ? html`<p>${number(last.pending)} pending</p>` : NONE,
    body:
      points.length < 2
        ? empty("No history yet.", "It is drawn as records are counted.")
        : chart({
            id: "backlog-chart",
            label: summary(points),
            data: {
              kind: "backlog",
              x: points.map(({ at }) => Date.parse(at) / 1000),
              pending: points.map(({ pending }) => pending),
            },
            svg: lineSvg(points.map(({ at, pending }) => ({ x: Date.parse(at), y: pending }))),
            heads: ["Time (UTC)", "Pending"],
            rows: fewer(points, ROWS)
              .toReversed()
              .map(({ at, pending }) => [timeAndDay(at).replace(" UTC", ""), number(pending)]),
          }),
  });
}

function summary(points: readonly BacklogPoint[]): string {
  const counts = points.map(({ pending }) => pending);
  const [first] = points;
  const from = first ? timeAndDay(first.at) : "";
  return `Backlog since ${from}: ${number(counts.at(-1) ?? 0)} now, at most ${number(Math.max(...counts))}`;
}

/** So many at most, evenly spread; the first and the last are always among them. */
function fewer<T>(all: readonly T[], most: number): T[] {
  if (all.length <= most) return [...all];
  const step = (all.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, i) => all[Math.round(i * step)]).filter(
    (one) => one !== undefined,
  );
}
