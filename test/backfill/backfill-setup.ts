import { runCycle, type BackfillDeps } from "../../src/backfill/cycle.ts";
import { runDrain } from "../../src/backfill/drain.ts";
import { createRecentRecords } from "../../src/backfill/recent.ts";
import { createUnfitWatch } from "../../src/enrichment/unfit-watch.ts";
import { createTextsUnderWay } from "../../src/enrichment/under-way.ts";
import { createVectorCache } from "../../src/enrichment/vector-cache.ts";
import { OUTCOMES, type Outcomes } from "../../src/model/outcome.ts";
import { createFakeEmbedder, type FakeOptions } from "../support/fake-embedder.ts";
import { createFakeLogStore, type SeedDocument } from "../support/fake-log-store.ts";
import { createManualClock } from "../support/manual-clock.ts";
import { recordEvents } from "../support/recorded-events.ts";
import { createManualStop } from "../support/stop-signals.ts";
import { createTokens } from "../support/token-counter.ts";

export type BackfillSetup = FakeOptions & { batchSize?: number; minAgeMs?: number };

/** The backfill with everything round it in memory. */
export function setUpBackfill(documents: readonly SeedDocument[], options: BackfillSetup = {}) {
  const { batchSize = 100, minAgeMs = 0, ...fake } = options;
  const clock = createManualClock();
  const store = createFakeLogStore(documents, { now: clock.now, minAgeMs });
  const embedder = createFakeEmbedder(fake);
  const stop = createManualStop();
  const { events, told, names } = recordEvents();
  const { model, dimensions } = embedder;
  const deps = {
    store,
    embedder,
    clock,
    tokens: createTokens().tokens,
    events,
    cache: createVectorCache({ model, dimensions, maxEntries: 1000, ttlMs: 3_600_000 }, clock),
    underWay: createTextsUnderWay(),
    recent: createRecentRecords(clock),
    watch: createUnfitWatch(events),
    settings: { batchSize, levels: ["ERROR"] },
  } satisfies BackfillDeps;
  let cycles = 0;
  return {
    ...deps,
    deps,
    told,
    names,
    stop,
    cycle: () => runCycle(deps, ++cycles, stop.signals),
    drain: () => runDrain(deps, stop.signals),
  };
}

export function sum(outcomes: Outcomes): number {
  return OUTCOMES.reduce((total, outcome) => total + outcomes[outcome], 0);
}
