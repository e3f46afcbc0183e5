import { createEmbedderLimits, type EmbedderLimits } from "../limits/embedder-limits.ts";
import type { LimitSettings } from "../limits/limit-settings.ts";
import type { Clock } from "../ports/clock.ts";
import type { Embedder, TokenCounter } from "../ports/embedder.ts";
import type { Events } from "../ports/events.ts";
import type { VectorIndex } from "../ports/vector-index.ts";
import type { JoinedStore } from "./joined-store.ts";
import type { StateStore } from "../ports/state-store.ts";
import type { Spool } from "../ports/spool.ts";
import type { Tracer } from "../ports/tracer.ts";
import { noopTracer } from "../ports/noop-tracer.ts";
import { createPausedIndices, type PausedIndices } from "./collections/paused-indices.ts";
import { createUnfitWatch, type UnfitWatch } from "./collections/prepare-indices.ts";
import { createTextlessWatch, type TextlessWatch } from "./collections/textless-watch.ts";
import { createTrials, type Trials } from "./collections/trials.ts";
import { createHeldVectors, type HeldVectors } from "./held-vectors.ts";
import { createInFlightTexts } from "./in-flight-texts.ts";
import { createMarksAudit, type MarksAudit } from "./quarantine/audit-marks.ts";
import type { LocalQuarantine } from "./quarantine/local-quarantine.ts";
import { createReloadWatch, type ReloadWatch } from "./reload-watch.ts";
import { createReuse } from "./reuse.ts";
import type { BatchDeps } from "./run-batch.ts";
import type { Signer } from "./signer.ts";
import { createToText, type TextRules } from "./text.ts";
import { createUnseenVectors, type UnseenVectors } from "./unseen-vectors.ts";
import { createVectorCache, type VectorCache } from "./vector-cache.ts";
import { createWriteLoopDetector, type WriteLoopDetector } from "./write-loop-detector.ts";

type Parts = {
  store: JoinedStore;
  vectors: VectorIndex;
  embedder: Embedder;
  tokens: () => Promise<TokenCounter>;
  state: StateStore;
  localQuarantine: LocalQuarantine;
  signer: Signer;
  clock: Clock;
  events: Events;
  /** Where vectors that are paid for outlive the process. Default: nowhere. */
  spool?: Spool;
  /** Default: none. */
  tracer?: Tracer;
  settings: {
    cache: { maxEntries: number; ttlMs: number };
    text: TextRules;
    /** Default: none. */
    limits?: LimitSettings;
  };
};

/** The core's parts with what they remember, shared by all that enriches in one process. */
export type Enrichment = Omit<BatchDeps, "store" | "events" | keyof Memory> &
  Memory & { store: JoinedStore; vectors: VectorIndex };

type Memory = {
  /** Tail, worker and search send by admissions of their own. */
  embedderLimits: EmbedderLimits;
  held: HeldVectors;
  watch: UnfitWatch;
  textless: TextlessWatch;
  paused: PausedIndices;
  trials: Trials;
  writeLoops: WriteLoopDetector;
  reloads: ReloadWatch;
  unseen: UnseenVectors;
  localQuarantine: LocalQuarantine;
  marksAudit: MarksAudit;
};

/** Shared, so that a text is paid for once and an index paused once in the whole process. */
export function openEnrichment(parts: Parts): Enrichment {
  const {
    store,
    vectors,
    embedder,
    tokens,
    state,
    localQuarantine,
    signer,
    clock,
    events,
    settings,
  } = parts;
  const { model, dimensions, pricePerMillionTokens: price } = embedder;
  const { limits = {} } = settings;
  const { tracer = noopTracer } = parts;
  const embedderLimits = createEmbedderLimits({ state, clock, events, limits, price });
  const inMemory = createVectorCache({ model, dimensions, ...settings.cache }, clock);
  const { spool } = parts;
  const held = createHeldVectors({ spool, cache: inMemory, signer, embedder, clock, events });
  const cache: VectorCache = {
    ...inMemory,
    release(textHash) {
      inMemory.release(textHash);
      held.release(textHash);
    },
  };
  const paused = createPausedIndices({ store, state, clock, events });
  return {
    embedderLimits,
    admission: embedderLimits.for("backfill"),
    store,
    vectors,
    embedder,
    tokens,
    tracer,
    clock,
    toText: createToText(settings.text),
    signer,
    cache,
    held,
    inFlight: createInFlightTexts(),
    reuse: createReuse({ vectors, embedder, signer, clock, events }),
    unseen: createUnseenVectors({ store, state, embedder, signer, clock }),
    paused,
    trials: createTrials({ store, paused, cache, state, embedder }),
    writeLoops: createWriteLoopDetector(state, clock, embedder),
    reloads: createReloadWatch(clock, events),
    localQuarantine,
    marksAudit: createMarksAudit({ store, state, signer, clock }),
    watch: createUnfitWatch(events),
    textless: createTextlessWatch(store, events),
  };
}
