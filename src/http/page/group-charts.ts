import type { GroupAnswer } from "../../analysis/group-answers.ts";
import { html, type Html } from "../html.ts";
import { chart } from "./chart.ts";
import { empty, panel } from "./panel.ts";
import { sparkSvg } from "./svg.ts";
import { counted, number, timeAndDay } from "./words.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MAX_DAYS = 60;

type Counted = { at: string; count: number };

/** Records of an error by hour and by day. `now`: ISO 8601, UTC. */
export function groupCharts({ answer, now }: { answer: GroupAnswer; now: string }): Html {
  return html`<div class="columns">
    ${panel({ id: "hours", title: "Last 24 hours", body: columns("by-hour", hoursOf(answer, now)) })}
    ${panel({ id: "days", title: "By day", body: columns("by-day", daysOf(answer, now)) })}
  </div>`;
}

function hoursOf({ hours }: GroupAnswer, now: string): Counted[] {
  const current = Math.floor(Date.parse(now) / HOUR_MS) * HOUR_MS;
  return hours.map((count, i) => {
    const from = new Date(current - (hours.length - 1 - i) * HOUR_MS);
    return { at: timeAndDay(from.toISOString()).slice(0, 16), count };
  });
}

/** Days without records too, up to today; where it was seen longer ago, up to the last day that has any. */
function daysOf({ days }: GroupAnswer, now: string): Counted[] {
  const counts = new Map(days.map(({ day, count }) => [day, count]));
  const [first, last] = [days[0]?.day, days.at(-1)?.day];
  if (first === undefined || last === undefined) return [];
  const today = Date.parse(now.slice(0, 10));
  const isRecent = today - Date.parse(last) < MAX_DAYS * DAY_MS;
  const end = isRecent ? Math.max(today, Date.parse(last)) : Date.parse(last);
  const start = Math.max(Date.parse(first), end - (MAX_DAYS - 1) * DAY_MS);
  return Array.from({ length: Math.round((end - start) / DAY_MS) + 1 }, (_, i) => {
    const at = new Date(start + i * DAY_MS).toISOString().slice(0, 10);
    return { at, count: counts.get(at) ?? 0 };
  });
}

function columns(id: string, all: readonly Counted[]): Html {
  const sum = all.reduce((total, { count }) => total + count, 0);
  if (sum === 0) return empty("There is no record of it in this time.");
  const most = Math.max(...all.map(({ count }) => count));
  const [first = "", last = ""] = [all[0]?.at, all.at(-1)?.at];
  // Of hours the day is clear.
  const short = (at: string) => (at.length > 10 ? at.slice(11) : at);
  return chart({
    id,
    label: `${counted(sum, "record")} from ${first} to ${last} UTC`,
    data: {},
    svg: sparkSvg(all.map(({ count }) => count)),
    legend: html`<p class="legend ends">
      <span>${short(first)}</span> <span>highest: ${number(most)}</span>
      <span>${short(last)}</span>
    </p>`,
    heads: ["From (UTC)", "Records"],
    rows: all
      .filter(({ count }) => count > 0)
      .toReversed()
      .map(({ at, count }) => [at, number(count)]),
  });
}
