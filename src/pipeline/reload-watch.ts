import type { Clock } from "../ports/clock.ts";
import type { Events } from "../ports/events.ts";

/** What records of one index that had lost their vectors came to. */
export type Reload = {
  index: string;
  records: number;
  /** Of these, those that were given it again without a request. */
  reused: number;
  /** null where the price is unknown. */
  costUsd: number | null;
};

/** Reports an index that was reloaded once, with all that a run found of it. */
export type ReloadWatch = {
  /** `reloaded`: indices that are known by now to have been reloaded. */
  note(losses: readonly Reload[], reloaded: ReadonlySet<string>): void;
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
  const known = new Set<string>();
  const toldAt = new Map<string, number>();
  return {
    note(losses, reloaded) {
      for (const loss of losses) {
        const before = open.get(loss.index);
        open.set(loss.index, before ? sum(before, loss) : loss);
      }
      for (const index of reloaded) known.add(index);
    },
    tell() {
      const now = clock.now();
      for (const [index, reload] of open) {
        if (!known.has(index)) continue;
        const last = toldAt.get(index);
        if (last === undefined || now - last > GOES_ON_MS) events.indexReloaded(reload);
        toldAt.set(index, now);
      }
      open.clear();
      known.clear();
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
