import type { Clock } from "../ports/clock.ts";
import type { Events } from "../ports/events.ts";

/** What many records of one index that had lost their vectors together came to. */
export type Reload = {
  index: string;
  records: number;
  /** Of these, those that were given it again without a request. */
  reused: number;
  /** null where the price is unknown. */
  costUsd: number | null;
};

/** Tells of an index that was loaded anew once, with all that a run found of it. */
export type ReloadWatch = {
  note(reloads: readonly Reload[]): void;
  /** At the end of a run. */
  tell(): void;
};

/** As long as records come up within this time of each other it is one load. */
const GOES_ON_MS = 3_600_000;

export function createReloadWatch(
  clock: Pick<Clock, "now">,
  events: Pick<Events, "indexReloaded">,
): ReloadWatch {
  const open = new Map<string, Reload>();
  const toldAt = new Map<string, number>();
  return {
    note(reloads) {
      for (const reload of reloads) {
        const before = open.get(reload.index);
        open.set(reload.index, before ? sum(before, reload) : reload);
      }
    },
    tell() {
      const now = clock.now();
      for (const [index, reload] of open) {
        const last = toldAt.get(index);
        if (last === undefined || now - last > GOES_ON_MS) events.indexReloaded(reload);
        toldAt.set(index, now);
      }
      open.clear();
    },
  };
}

function sum(a: Reload, b: Reload): Reload {
  const costUsd = a.costUsd === null || b.costUsd === null ? null : a.costUsd + b.costUsd;
  return {
    index: a.index,
    records: a.records + b.records,
    reused: a.reused + b.reused,
    costUsd,
  };
}
