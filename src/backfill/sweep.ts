import type { FaultCounts } from "../domain/fault-counts.ts";
import { isTransient } from "../domain/fault-policy.ts";
import { Fault } from "../domain/faults.ts";
import type { LogRecord } from "../domain/log-record.ts";
import { noOutcomes } from "../domain/outcome.ts";
import { gapsLine, joinGaps } from "../domain/partial.ts";
import { noEmbedding, type SweepSummary } from "../domain/summary.ts";
import type { FitIndex } from "../domain/survey.ts";
import { tellEnded } from "../pipeline/batch-result.ts";
import { estimateOf } from "../pipeline/estimate-cost.ts";
import { withChangedText } from "../pipeline/plan-batch.ts";
import { runBatch } from "../pipeline/run-batch.ts";
import type { EmbeddedPage } from "../ports/record-store.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { refresh, type BackfillDeps } from "./cycle.ts";
import { addPage, isShared } from "./pages.ts";
import { createSamples, judgePage, type JudgeDeps, type Samples } from "./sweep-verdicts.ts";

/** Records of one page, less where their texts are long. */
const PAGE = 500;

/** What a sweep leaves alone, though new vectors may be wanted for it. */
const ESTIMATED = ["other_text_version", "other_model"] as const;

export type SweepDeps = JudgeDeps & {
  store: Pick<BackfillDeps["store"], "survey" | "pageEmbedded">;
  clock: Pick<BackfillDeps["clock"], "now">;
  /** What makes the new vectors; absent: a dry run. */
  backfill?: BackfillDeps;
};

/** Where a pass over an index begins, and how far it has come. */
export type SweepPlaces = {
  startOf(index: FitIndex): string | undefined;
  /** `isWhole`: none of the records of the pass so far is to be looked at again. */
  reached(index: FitIndex, page: EmbeddedPage, isWhole: boolean): Promise<void>;
};

export type SweepOptions = {
  /** Without records of an earlier time. */
  sinceMs?: number;
  /** Of the fit indices; default: each from its beginning. */
  places?(fit: readonly FitIndex[]): Promise<SweepPlaces>;
  /** Awaited before each page: a wait that leaves others their turn. */
  turn?(signal: AbortSignal): Promise<void>;
  /** After each page. */
  progress?(summary: Readonly<SweepSummary>): void;
};

export type SweepResult = {
  summary: SweepSummary;
  faults: FaultCounts;
  /** A failure that is not of one record and kept records from their vector. */
  fault?: Fault;
  /** Why records had no turn or got no new vector. */
  reason?: string;
};

type Run = {
  deps: SweepDeps;
  options: SweepOptions;
  stop: StopSignals;
  summary: SweepSummary;
  faults: FaultCounts;
  samples: Samples;
  touched: Set<string>;
  fault?: Fault;
  reason?: string;
};

/**
 * Looks at the records with a vector, index by index, and compares the text of each with its stamp. A vector of an earlier
 * text is replaced, or removed where the record gets none now. Throws a Fault only where nothing was looked at before it.
 */
export async function runSweep(
  deps: SweepDeps,
  options: SweepOptions,
  stop: StopSignals,
): Promise<SweepResult> {
  const { clock, backfill } = deps;
  const startedAt = clock.now();
  const { fit, unfit } = await deps.store.survey(stop.everything);
  const run = newRun(deps, options, stop);
  run.summary.indices = { fit: fit.length, unfit: unfit.length };
  try {
    const places = await options.places?.(fit);
    for (const index of fit) {
      if (run.reason !== undefined || stop.requested.aborted) break;
      if (index.mapped) await sweepIndex(run, index, places);
    }
  } catch (error) {
    if (!(error instanceof Fault) || run.summary.looked_at === 0) throw error;
    run.fault ??= error;
    run.reason = error.message;
  }
  const { summary, samples, touched, faults } = run;
  if (stop.requested.aborted) run.reason ??= "stopped";
  if (backfill && touched.size > 0) await refresh(backfill, [...touched], stop);
  for (const kind of [...ESTIMATED, "text_changed"] as const) {
    const perText = samples.perText(kind);
    if (perText === undefined) continue;
    const price = deps.pricing.pricePerMillionTokens;
    summary.estimates[kind] = estimateOf(perText, summary[kind], price);
  }
  summary.duration_ms = clock.now() - startedAt;
  const reason = run.reason ?? unseenWords(summary) ?? run.fault?.message;
  return {
    summary,
    faults,
    ...(run.fault ? { fault: run.fault } : {}),
    ...(reason === undefined ? {} : { reason }),
  };
}

function newRun(deps: SweepDeps, options: SweepOptions, stop: StopSignals): Run {
  const { backfill, pricing } = deps;
  // Pages are many: the summary says what all of them came to.
  const silent = { textsEmbedded: () => undefined, recordsWritten: () => undefined };
  return {
    deps: backfill
      ? { ...deps, backfill: { ...backfill, events: { ...backfill.events, ...silent } } }
      : deps,
    options,
    stop,
    summary: noSweep(pricing.pricePerMillionTokens),
    faults: {},
    // What new vectors did take is counted as they are made.
    samples: createSamples(pricing, backfill ? ESTIMATED : [...ESTIMATED, "text_changed"]),
    touched: new Set(),
  };
}

/** Of a sweep that has looked at nothing. */
export function noSweep(pricePerMillionTokens: number | null): SweepSummary {
  return {
    looked_at: 0,
    current: 0,
    text_changed: 0,
    other_model: 0,
    other_text_version: 0,
    other_key: 0,
    unsigned: 0,
    failed: 0,
    estimates: { text_changed: null, other_text_version: null, other_model: null },
    taken: 0,
    outcomes: noOutcomes(),
    embedding: noEmbedding(pricePerMillionTokens),
    duration_ms: 0,
    indices: { fit: 0, unfit: 0 },
    gaps: [],
  };
}

async function sweepIndex(
  run: Run,
  index: FitIndex,
  places: SweepPlaces | undefined,
): Promise<void> {
  const { deps, options, stop, summary } = run;
  const { turn, progress, sinceMs } = options;
  let from = places?.startOf(index);
  let isWhole = true;
  for (;;) {
    await turn?.(stop.requested);
    if (stop.requested.aborted || (await isLeftOut(run, index.index))) return;
    const page = await readPage(run, { index: index.index, limit: PAGE, from, sinceMs });
    if (!page) return;
    const judged = await judgePage(deps, page.records, run.samples);
    summary.looked_at += page.records.length;
    for (const [verdict, records] of judged) summary[verdict] += records.length;
    const ended = await replace(run, judged.get("text_changed") ?? []);
    progress?.(summary);
    if (!ended) return;
    isWhole &&= ended.isWhole;
    await places?.reached(index, page, isWhole);
    if ("end" in page) return;
    from = page.next;
  }
}

/** An index that takes no updates now gets its turn in a later sweep. */
async function isLeftOut({ deps, stop, summary }: Run, index: string): Promise<boolean> {
  const paused = await deps.backfill?.paused.among([index], stop.everything);
  if (!paused?.has(index)) return false;
  summary.gaps = joinGaps(summary.gaps, [{ index, reason: "it takes no updates now" }]);
  return true;
}

/** Undefined where the index does not answer, or not this question; the others have their turn. */
async function readPage(
  { deps, stop, summary }: Run,
  {
    index,
    limit,
    from,
    sinceMs,
  }: { index: string; limit: number; from: string | undefined; sinceMs: number | undefined },
): Promise<EmbeddedPage | undefined> {
  const query = {
    index,
    limit,
    ...(from === undefined ? {} : { from }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
  };
  try {
    return await deps.store.pageEmbedded(query, stop.everything);
  } catch (error) {
    if (!(error instanceof Fault) || isOfAll(error)) throw error;
    summary.gaps = joinGaps(summary.gaps, [{ index, reason: error.message }]);
    return undefined;
  }
}

/**
 * Gives the records new vectors, a batch at a time; undefined where the run ends before all of them had their turn.
 * `isWhole`: none of them is to be looked at again.
 */
async function replace(
  run: Run,
  records: readonly LogRecord[],
): Promise<{ isWhole: boolean } | undefined> {
  const { deps, stop, summary, touched } = run;
  const { backfill } = deps;
  if (!backfill) return { isWhole: false };
  const { batchSize } = backfill.settings;
  const failedBefore = summary.failed;
  for (let start = 0; start < records.length; start += batchSize) {
    if (stop.requested.aborted) return undefined;
    const batch = records.slice(start, start + batchSize).map(withChangedText);
    const result = await runBatch(backfill, batch, stop);
    tellEnded(backfill.events, "backfill", result);
    addPage(run, result);
    for (const { index } of batch) touched.add(index);
    const { conflicted, deferred, quarantined } = result.outcomes;
    summary.failed += conflicted + deferred + quarantined;
    if (result.fault) run.fault ??= result.fault;
    if (isShared(result, batch.length)) {
      run.reason = "another process is working on the same records";
      return undefined;
    }
  }
  return { isWhole: summary.failed === failedBefore };
}

function isOfAll({ kind }: Fault): boolean {
  return isTransient(kind) || kind === "credentials";
}

function unseenWords({ gaps }: SweepSummary): string | undefined {
  const line = gapsLine(gaps);
  return line === undefined ? undefined : `some records could not be looked at: ${line}`;
}
