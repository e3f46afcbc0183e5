import { runCycle, type BackfillDeps } from "../../../src/backfill/cycle.ts";
import { runDrain } from "../../../src/backfill/drain.ts";
import { createRecentRecords } from "../../../src/backfill/recent.ts";
import { OUTCOMES, type Outcomes } from "../../../src/domain/outcome.ts";
import type { LimitSettings } from "../../../src/limits/limit-settings.ts";
import { openEnrichment } from "../../../src/pipeline/open-enrichment.ts";
import { createLocalQuarantine } from "../../../src/pipeline/quarantine/local-quarantine.ts";
import { joinStore, type JoinedStore } from "../../../src/pipeline/joined-store.ts";
import type { Spool } from "../../../src/ports/spool.ts";
import type { VectorIndex } from "../../../src/ports/vector-index.ts";
import { createFakeEmbedder, type FakeOptions } from "../../support/fakes/fake-embedder.ts";
import {
  createFakeLogStore,
  type FakeLogStore,
  type SeedDocument,
} from "../../support/fakes/fake-log-store.ts";
import { createManualClock, type ManualClock } from "../../support/fakes/manual-clock.ts";
import { createMemoryState, type MemoryState } from "../../support/fakes/memory-state.ts";
import { recordEvents } from "../../support/fakes/recorded-events.ts";
import { signer } from "../../support/fakes/signer.ts";
import { createManualStop } from "../../support/fakes/stop-signals.ts";
import { createTokens } from "../../support/fakes/token-counter.ts";

/** What a process finds that another one left. */
type Left = { clock: ManualClock; store: FakeLogStore; state: MemoryState };

export type BackfillSetup = FakeOptions & {
  batchSize?: number;
  minAgeMs?: number;
  allowed?: LimitSettings;
  /** Default: 0, an outage ends a drain. */
  patienceMs?: number;
  /** Default: none, vectors are held in memory only. */
  spool?: Spool;
  left?: Left;
};

/** The backfill with everything round it in memory. */
export function setUpBackfill(documents: readonly SeedDocument[], options: BackfillSetup = {}) {
  const { minAgeMs = 0, left, ...others } = options;
  const clock = left?.clock ?? createManualClock();
  const store = signing(left?.store ?? createFakeLogStore(documents, { now: clock.now, minAgeMs }));
  const state = left?.state ?? createMemoryState();
  return { ...setUpBackfillOn({ store, vectors: store }, { clock, state }, others), store };
}

/** The same on any store. */
export function setUpBackfillOn(
  { store, vectors }: { store: JoinedStore; vectors: VectorIndex },
  { clock, state }: Omit<Left, "store">,
  {
    batchSize = 100,
    allowed = {},
    patienceMs = 0,
    spool,
    ...fake
  }: Omit<BackfillSetup, "left" | "minAgeMs"> = {},
) {
  const embedder = createFakeEmbedder(fake);
  const stop = createManualStop();
  const { events, told, names } = recordEvents();
  const deps = {
    ...openEnrichment({
      store,
      vectors,
      embedder,
      tokens: createTokens().tokens,
      state,
      localQuarantine: createLocalQuarantine({ state, clock, events }),
      signer,
      clock,
      events,
      ...(spool ? { spool } : {}),
      settings: {
        cache: { maxEntries: 1000, ttlMs: 3_600_000 },
        text: { redaction: "off", form: "message" },
        limits: allowed,
      },
    }),
    embedder,
    clock,
    events,
    recent: createRecentRecords(clock),
    settings: { batchSize, levels: ["ERROR"], patienceMs },
  } satisfies BackfillDeps;
  let cycles = 0;
  return {
    ...deps,
    deps,
    state,
    told,
    names,
    stop,
    cycle: () => {
      deps.embedderLimits.startRun();
      return runCycle(deps, ++cycles, stop.signals);
    },
    drain: () => {
      deps.embedderLimits.startRun();
      return runDrain(deps, stop.signals);
    },
  };
}

const signs = new WeakSet<FakeLogStore>();

/** The same store, for a test may change its methods later. */
function signing(store: FakeLogStore): FakeLogStore {
  if (signs.has(store)) return store;
  signs.add(store);
  store.write = joinStore({
    store: { ...store },
    vectors: store,
    signer: async () => signer,
  }).store.write;
  return store;
}

export function sum(outcomes: Outcomes): number {
  return OUTCOMES.reduce((total, outcome) => total + outcomes[outcome], 0);
}
