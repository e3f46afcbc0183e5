import type { LogRecord } from "../../../src/domain/log-record.ts";
import type { BatchResult } from "../../../src/pipeline/batch-result.ts";
import { openEnrichment } from "../../../src/pipeline/open-enrichment.ts";
import { createLocalQuarantine } from "../../../src/pipeline/quarantine/local-quarantine.ts";
import { runBatch } from "../../../src/pipeline/run-batch.ts";
import type { TextRules } from "../../../src/pipeline/text.ts";
import type { Tracer } from "../../../src/ports/tracer.ts";
import { noopTracer } from "../../../src/ports/noop-tracer.ts";
import { createFanOut } from "../../../src/telemetry/fan-out.ts";
import { createFakeEmbedder, type FakeOptions } from "../../support/fakes/fake-embedder.ts";
import { createFakeLogStore, type SeedDocument } from "../../support/fakes/fake-log-store.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";
import { recordEvents } from "../../support/fakes/recorded-events.ts";
import { signer } from "../../support/fakes/signer.ts";
import { createManualStop } from "../../support/fakes/stop-signals.ts";
import { createTokens } from "../../support/fakes/token-counter.ts";

export type BatchSetup = FakeOptions & {
  maxEntries?: number;
  ttlMs?: number;
  text?: TextRules;
  tracer?: Tracer;
  maxTextBytes?: number;
};

const PLAIN: TextRules = { redaction: "off", form: "message" };

/** The core with everything round it in memory. */
export function setUpBatch(documents: readonly SeedDocument[], options: BatchSetup = {}) {
  const {
    maxEntries = 100,
    ttlMs = 3_600_000,
    text = PLAIN,
    tracer = noopTracer,
    ...others
  } = options;
  const { maxTextBytes, ...fake } = others;
  const cutting = maxTextBytes === undefined ? {} : { maxTextBytes };
  const clock = createManualClock();
  const embedder = createFakeEmbedder(fake);
  const { model, dimensions } = embedder;
  const inForce = { model, dimensions };
  const store = createFakeLogStore(documents, { now: clock.now, inForce, ...cutting });
  const counted = createTokens();
  const stop = createManualStop();
  const { events: recorded, told } = recordEvents();
  const { events, listen } = createFanOut(recorded);
  const state = createMemoryState();
  const deps = {
    ...openEnrichment({
      store,
      vectors: store,
      embedder,
      tokens: counted.tokens,
      state,
      localQuarantine: createLocalQuarantine({ state, clock, events }),
      signer,
      clock,
      events,
      tracer,
      settings: { cache: { maxEntries, ttlMs }, text },
    }),
    store,
    embedder,
    clock,
    events,
  };

  /** All pending records, newest first, as search shows them. */
  async function take(): Promise<LogRecord[]> {
    const { signal } = new AbortController();
    const indices = (await store.survey(signal)).fit.map(({ index }) => index);
    const query = { indices, limit: 10_000, excludeKeys: [] };
    return (await store.findPending(query, signal)).records;
  }

  async function run(records?: readonly LogRecord[]): Promise<BatchResult> {
    return runBatch(deps, records ?? (await take()), stop.signals);
  }

  return { ...deps, state, told, listen, stop, counted, take, run };
}

/** The outcomes that are not zero. */
export function shown(result: Pick<BatchResult, "outcomes">): Record<string, number> {
  return Object.fromEntries(Object.entries(result.outcomes).filter(([, count]) => count > 0));
}
