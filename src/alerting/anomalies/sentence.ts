import { count, duration, timeOfDay } from "../../telemetry/phrases.ts";
import type { Series } from "../../domain/anomaly.ts";
import { DEFINITIONS } from "./series.ts";
import type { Departure } from "./series-watch.ts";

/** "embedding takes 4.2 s a request, usually 0.3 to 0.6 s at this hour, since 14:20 UTC". */
export function sentenceOf(series: Series, departure: Departure, now: number): string {
  const { value, since } = departure;
  const usual = `usually ${rangeOf(series, departure.usual)} at this hour`;
  return `${whatIs(series, value)}, ${usual}, since ${timeOf(since, now)}`;
}

function whatIs(series: Series, value: number): string {
  const [before, after] = DEFINITIONS[series].says;
  const shown = series === "errors" ? count(Math.round(value), "record") : shortDuration(value);
  return `${before} ${shown}${after}`.trimStart();
}

/** One unit for both ends where they share it. */
function rangeOf(series: Series, [low, high]: Departure["usual"]): string {
  if (series === "errors") return `${Math.floor(low)} to ${Math.ceil(high)}`;
  const [from, to] = [shortDuration(low), shortDuration(high)];
  const [number = "", unit] = from.split(" ");
  return to.endsWith(` ${unit}`) ? `${number} to ${to}` : `${from} to ${to}`;
}

/** Two digits say enough. */
function shortDuration(ms: number): string {
  return duration(Number(ms.toPrecision(2)));
}

/** Of another day, with its date. */
function timeOf(at: number, now: number): string {
  const time = new Date(at);
  const day = time.toISOString().slice(0, 10);
  const today = new Date(now).toISOString().slice(0, 10);
  const clock = `${timeOfDay(time).slice(0, 5)} UTC`;
  return day === today ? clock : `${day} ${clock}`;
}
