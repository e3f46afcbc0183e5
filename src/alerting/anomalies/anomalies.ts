import { z } from "zod";
import type { Role } from "../../status/heartbeat.ts";
import { SERIES, type Anomaly, type Series } from "../../domain/anomaly.ts";
import { failures, noOutcomes } from "../../domain/outcome.ts";
import type { Clock } from "../../ports/clock.ts";
import type { AnomalyEvents, Events } from "../../ports/events.ts";
import type { StateStore } from "../../ports/state-store.ts";
import { createSeriesWatch, type Change, type Departure } from "./series-watch.ts";
import { count, duration, timeOfDay } from "../../telemetry/phrases.ts";
import type { Measure } from "./baseline.ts";
import { median } from "../../domain/median.ts";

export type Anomalies = {
  /** The longest first. */
  all(): Anomaly[];
  listener: Partial<Events>;
  /**
   * Looks at the minutes that are over, and for what ended without a word; to be called every minute and more often. Only
   * this tells of anything: an anomaly is no part of the request or the cycle in which it was noticed.
   */
  look(): void;
  /** Keeps what is usual for the next process. */
  keep(): Promise<void>;
};

type Deps = {
  role: Role;
  state: Pick<StateStore, "load" | "save">;
  clock: Pick<Clock, "now">;
  events: AnomalyEvents;
};

const keptShape = z.object({ series: z.record(z.string(), z.unknown()) });

/**
 * Each series against its own recent history, told by the events of a process; goes on from what the one before left in
 * the state directory. Its size has a bound, whatever comes.
 */
export async function openAnomalies({ role, state, clock, events }: Deps): Promise<Anomalies> {
  const document = role === "daemon" ? "anomalies" : `anomalies-${role}`;
  const kept = keptShape.safeParse(await state.load(document)).data?.series ?? {};
  const watched = SERIES.map((series) => {
    const { measure, minute } = DEFINITIONS[series];
    const watch = createSeriesWatch(measure, kept[series]);
    return { series, watch, minutes: createMinutes(minute) };
  });
  const tell = (series: Series, change: Change | undefined) => {
    if (!change) return;
    if ("began" in change) {
      const { sentence } = anomalyOf(series, change.began, clock.now());
      events.anomalyBegan({ series, sentence });
    } else {
      const { sentence } = anomalyOf(series, change.ended, clock.now());
      events.anomalyEnded({ series, sentence, how: change.how });
    }
  };
  const look = () => {
    const now = clock.now();
    for (const { series, watch, minutes } of watched) {
      for (const { at, value } of minutes.take(now)) tell(series, watch.observe(at, value));
      tell(series, watch.look(now));
    }
  };
  const add = (series: Series, value: number) =>
    watched.find((one) => one.series === series)?.minutes.add(clock.now(), value);
  return {
    look,
    all() {
      const now = clock.now();
      return watched
        .flatMap(({ series, watch }) => {
          const departure = watch.current();
          return departure ? [anomalyOf(series, departure, now)] : [];
        })
        .toSorted((a, b) => a.since.localeCompare(b.since));
    },
    listener: listenerOf(add),
    async keep() {
      const series = watched.map((one) => [one.series, one.watch.kept()] as const);
      await state.save(document, { series: Object.fromEntries(series) });
    },
  };
}

function anomalyOf(series: Series, departure: Departure, now: number): Anomaly {
  const { since, value, usual } = departure;
  const sentence = sentenceOf(series, departure, now);
  return { series, since: new Date(since).toISOString(), sentence, value, usual };
}

/** How long each took, and how many records failed in what was worked at. */
function listenerOf(add: (series: Series, value: number) => void): Partial<Events> {
  return {
    stageEnded({ stage, durationMs }) {
      // An embedder that slows us down by its limits is told of as such; here it is how long its answers take.
      if (stage !== "embed") add(stage, durationMs);
    },
    callEnded({ target, durationMs, fault }) {
      if (target === "embedder" && !fault) add("embed", durationMs);
    },
    cycleEnded({ drain, summary }) {
      if (!drain && summary.taken > 0) add("cycle", summary.duration_ms);
    },
    recordsEnded: ({ outcomes }) => add("errors", failures({ ...noOutcomes(), ...outcomes })),
  };
}

/** "embedding takes 4.2 s a request, usually 0.3 to 0.6 s at this hour, since 14:20 UTC". */
function sentenceOf(series: Series, departure: Departure, now: number): string {
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

type Definition = {
  measure: Measure;
  /** What a minute comes to: the middle of its values, or their sum. */
  minute: "middle" | "sum";
  /** What a person is told of it, round a value with its unit. */
  says: readonly [before: string, after: string];
};

/** In milliseconds. The difference between 2 and 6 ms is no news. */
const TIME = { measure: { soft: 20, leastSpread: 0.1 }, minute: "middle" } as const;

export const DEFINITIONS: Readonly<Record<Series, Definition>> = {
  select: { ...TIME, says: ["finding records takes", ""] },
  embed: { ...TIME, says: ["embedding takes", " a request"] },
  write: { ...TIME, says: ["writing a batch takes", ""] },
  cycle: { ...TIME, says: ["a cycle takes", ""] },
  search: { ...TIME, says: ["a search takes", ""] },
  // One or two are no news where none are usual; twenty are.
  errors: {
    measure: { soft: 3, leastSpread: 0.35 },
    minute: "sum",
    says: ["", " fail per minute of work"],
  },
};

const MINUTE_MS = 60_000;
/** Of a busier minute the first so many say enough. */
const MAX_VALUES = 1000;

/** What came within a minute, as one value. */
type Minute = { at: number; value: number };

type Minutes = {
  add(at: number, value: number): void;
  /** The minutes that are over since it was last asked, oldest first; they are gone then. */
  take(now: number): Minute[];
};

/** `middle`: how long things took; `sum`: how many there were. */
export function createMinutes(kind: "middle" | "sum"): Minutes {
  let open: { start: number; values: number[] } | undefined;
  let over: Minute[] = [];
  const close = (now: number) => {
    // A clock that was set back ends a minute too.
    if (!open || (now >= open.start && now < open.start + MINUTE_MS)) return;
    over.push({ at: open.start, value: median(open.values) });
    open = undefined;
  };
  return {
    add(at, value) {
      close(at);
      open ??= { start: Math.floor(at / MINUTE_MS) * MINUTE_MS, values: [] };
      const { values } = open;
      if (kind === "sum") open.values = [(values[0] ?? 0) + value];
      else if (values.length < MAX_VALUES) values.push(value);
    },
    take(now) {
      close(now);
      const taken = over;
      over = [];
      return taken;
    },
  };
}
