import { z } from "zod";
import type { Role } from "../../status/heartbeat.ts";
import { SERIES, type Anomaly, type Series } from "../../domain/anomaly.ts";
import { failures, noOutcomes } from "../../domain/outcome.ts";
import type { Clock } from "../../ports/clock.ts";
import type { AnomalyEvents, Events } from "../../ports/events.ts";
import type { StateStore } from "../../ports/state-store.ts";
import { createMinutes } from "./minutes.ts";
import { sentenceOf } from "./sentence.ts";
import { DEFINITIONS } from "./series.ts";
import { createSeriesWatch, type Change, type Departure } from "./series-watch.ts";

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
