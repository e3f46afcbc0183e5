import { enrich, type EnrichResult } from "../../src/enrichment/enrich.ts";
import { createTextsUnderWay } from "../../src/enrichment/under-way.ts";
import { createVectorCache } from "../../src/enrichment/vector-cache.ts";
import type { LogRecord } from "../../src/model/log-record.ts";
import { createFakeEmbedder, type FakeOptions } from "../support/fake-embedder.ts";
import { createFakeLogStore, type SeedDocument } from "../support/fake-log-store.ts";
import { createManualClock } from "../support/manual-clock.ts";
import { recordEvents } from "../support/recorded-events.ts";
import { createManualStop } from "../support/stop-signals.ts";
import { createTokens } from "../support/token-counter.ts";

export type EnrichSetup = FakeOptions & { maxEntries?: number; ttlMs?: number };

/** The core with everything round it in memory. */
export function setUpEnrich(documents: readonly SeedDocument[], options: EnrichSetup = {}) {
  const { maxEntries = 100, ttlMs = 3_600_000, ...fake } = options;
  const clock = createManualClock();
  const store = createFakeLogStore(documents, clock);
  const embedder = createFakeEmbedder(fake);
  const counted = createTokens();
  const stop = createManualStop();
  const { events, told } = recordEvents();
  const { model, dimensions } = embedder;
  const cache = createVectorCache({ model, dimensions, maxEntries, ttlMs }, clock);
  const underWay = createTextsUnderWay();
  const deps = { store, embedder, clock, tokens: counted.tokens, events, cache, underWay };

  /** All pending records, newest first, as search shows them. */
  async function take(): Promise<LogRecord[]> {
    const { signal } = new AbortController();
    const indices = (await store.survey(signal)).fit.map(({ index }) => index);
    const query = { indices, limit: 10_000, excludeIds: [] };
    return (await store.findPending(query, signal)).records;
  }

  async function run(records?: readonly LogRecord[]): Promise<EnrichResult> {
    return enrich(deps, records ?? (await take()), stop.signals);
  }

  return { ...deps, told, stop, counted, take, run };
}

/** The outcomes that are not zero. */
export function shown(result: Pick<EnrichResult, "outcomes">): Record<string, number> {
  return Object.fromEntries(Object.entries(result.outcomes).filter(([, count]) => count > 0));
}
