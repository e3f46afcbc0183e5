import { isTransient } from "../domain/fault-policy.ts";
import { Fault } from "../domain/faults.ts";
import { recordKey } from "../domain/log-record.ts";
import type { Outcome } from "../domain/outcome.ts";
import { NO_GAPS, gapsLine } from "../domain/partial.ts";
import { noEmbedding, type EmbeddingUse } from "../domain/summary.ts";
import { joinBatchResults, type BatchResult } from "../pipeline/batch-result.ts";
import type { PausedIndices } from "../pipeline/collections/paused-indices.ts";
import { prepareIndices, type PrepareDeps } from "../pipeline/collections/prepare-indices.ts";
import type { Trials } from "../pipeline/collections/trials.ts";
import { runBatchOf, type BatchDeps } from "../pipeline/run-batch.ts";
import type { Located, RecordStore, Target } from "../ports/record-store.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { Span } from "../ports/tracer.ts";
import type { SurveyRefresher } from "./survey-refresher.ts";

export type AttemptDeps = Omit<BatchDeps, "store" | "events"> &
  Omit<PrepareDeps, "store" | "events"> & {
    trials: Pick<Trials, "among" | "paidFor" | "took" | "refused">;
    paused: Pick<PausedIndices, "among" | "ended" | "has">;
    store: Pick<RecordStore, "locate" | "prepare" | "readCurrent" | "write">;
    events: BatchDeps["events"] & PrepareDeps["events"];
    surveys: SurveyRefresher;
  };

export type Verdict =
  /** Settled, or certain to be found by the backfill; `fault`: the cause, where known. */
  | { state: "done"; outcome: Outcome; fault?: Fault }
  /** The record itself is at fault and is quarantined. */
  | { state: "rejected"; reason: string }
  /**
   * The document is missing or was changed by another writer, or only this text got no usable vector: to be tried again
   * after a delay.
   */
  | { state: "not_found_yet"; outcome: "missing" | "conflicted" | "deferred"; fault?: Fault }
  /** The cause is not in the record: to be tried again once the cause is gone. */
  | { state: "retry_later"; fault: Fault };

export type Attempt = { verdicts: Verdict[]; use: EmbeddingUse };

/** Locates the documents and enriches those that exist; verdicts in the order of the targets. Throws no Fault. */
export async function attempt(
  deps: AttemptDeps,
  targets: readonly Target[],
  stop: StopSignals,
): Promise<Attempt> {
  const none = noEmbedding(deps.embedder.pricePerMillionTokens);
  try {
    const { located, found, unfit } = await deps.tracer.span("select", {}, (span) =>
      select(deps, targets, span, stop.everything),
    );
    const usable = found.filter(({ record }) => !unfit.has(record.index));
    const result = await enrichProven(deps, usable, stop);
    deps.reloads.tell();
    return { verdicts: toVerdicts(located, unfit, result), use: result.use };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { verdicts: targets.map(() => ({ state: "retry_later", fault: error })), use: none };
  }
}

type Found = Located & { state: "found" };

/**
 * Of an index on trial, one record goes first (best one whose vector is paid for); the others follow once it is
 * written.
 */
async function enrichProven(
  deps: AttemptDeps,
  found: readonly Found[],
  stop: StopSignals,
): Promise<BatchResult> {
  const indices = [...new Set(found.map(({ record }) => record.index))];
  const unproven = await deps.trials.among(indices, stop.everything);
  if (unproven.size === 0) return enrichFound(deps, found, stop);
  const paid = await deps.trials.paidFor(unproven, stop.everything);
  // A record that has a vector would test nothing.
  const inOrder = [...found.filter(hasNoVector), ...found];
  const firsts = new Map(inOrder.toReversed().map((one) => [one.record.index, one]));
  const trials = [...unproven].flatMap((index) => paid.get(index) ?? firsts.get(index) ?? []);
  const sound = found.filter(({ record }) => !unproven.has(record.index));
  const tried = await enrichFound(deps, [...sound, ...trials], stop);
  const still = await deps.trials.among([...unproven], stop.everything);
  const rest = found.filter(({ record }) => {
    const wasTried = tried.outcomeOf.has(recordKey(record));
    return !wasTried && !still.has(record.index) && !deps.paused.has(record.index);
  });
  const result =
    rest.length > 0 ? joinBatchResults(tried, await enrichFound(deps, rest, stop)) : tried;
  // Without an embedding, the trial shows nothing.
  if (result.fault) return result;
  for (const { record } of found) {
    const key = recordKey(record);
    if (!result.outcomeOf.has(key)) result.faultOf.set(key, NOT_WRITABLE);
  }
  return result;
}

function hasNoVector({ current }: Found): boolean {
  return current.state !== "current" || current.vector === undefined;
}

function enrichFound(
  deps: AttemptDeps,
  found: readonly Found[],
  stop: StopSignals,
): Promise<BatchResult> {
  const records = found.map(({ record }) => record);
  const states = found.map(({ current }) => current);
  return runBatchOf(deps, records, states, stop);
}

/** Locates the documents and finds the indices that accept no updates. */
async function select(
  deps: AttemptDeps,
  targets: readonly Target[],
  span: Span,
  signal: AbortSignal,
) {
  const located = await locateAll(deps, targets, signal);
  askForNewIndices(deps.surveys, targets, located);
  const found = located.flatMap((one) => (one.state === "found" ? [one] : []));
  const indices = [...new Set(found.map(({ record }) => record.index))];
  const { refused, paused } = await prepareIndices(deps, indices, signal);
  span.set({
    "log_vectorizer.records": found.length,
    "log_vectorizer.indices": indices.length,
  });
  return { located, found, unfit: refused.union(paused) };
}

/**
 * An index that is newer than the survey is surveyed at once, because a worker sees a reference again only much later.
 */
async function locateAll(
  { store, surveys }: Pick<AttemptDeps, "store" | "surveys">,
  targets: readonly Target[],
  signal: AbortSignal,
): Promise<Located[]> {
  const surveyed = await surveys.ensureSurveyed(signal);
  const located = await store.locate(targets, signal);
  const unknown = located.some((one) => one.state === "missing" && one.unknownIndex);
  const renewed = unknown && (await surveys.renew(surveyed, signal));
  return renewed ? store.locate(targets, signal) : located;
}

/** A missing document may be in an index that is newer than the survey. */
function askForNewIndices(
  indices: SurveyRefresher,
  targets: readonly Target[],
  located: readonly Located[],
): void {
  const missing = located.map((one) => one.state === "missing" && one);
  if (missing.some((one) => one && one.unknownIndex)) indices.markOutdated("named");
  else if (missing.some((one, i) => one && targets[i]?.index === undefined)) {
    indices.markOutdated("some");
  }
}

function toVerdicts(
  located: readonly Located[],
  unfit: ReadonlySet<string>,
  result: BatchResult,
): Verdict[] {
  const seen = new Set<string>();
  return located.map((one): Verdict => {
    if (one.state === "missing") return notFoundYet(one);
    if (one.state === "unfit" || unfit.has(one.record.index)) {
      return { state: "done", outcome: "deferred", fault: NOT_WRITABLE };
    }
    const key = recordKey(one.record);
    const verdict = verdictOf(key, result);
    const again = seen.has(key);
    seen.add(key);
    // Of two targets for one record, the first counts as the write.
    const written = verdict.state === "done" && WRITTEN.has(verdict.outcome);
    return again && written ? { state: "done", outcome: "already_vectorized" } : verdict;
  });
}

/** With gaps in the answer, it is unknown whether the document exists. */
function notFoundYet({ gaps = NO_GAPS }: Extract<Located, { state: "missing" }>): Verdict {
  const unseen = gapsLine(gaps);
  if (unseen === undefined) return { state: "not_found_yet", outcome: "missing" };
  const fault = new Fault("index", `not everything could be seen: ${unseen}`);
  return { state: "not_found_yet", outcome: "deferred", fault };
}

const NOT_WRITABLE = new Fault("index", "the index takes no updates now");

const WRITTEN = new Set<Outcome>(["updated", "reused"]);

function verdictOf(
  key: string,
  { outcomeOf, faultOf, withoutVector, fault }: BatchResult,
): Verdict {
  const outcome = outcomeOf.get(key) ?? "deferred";
  const own = faultOf.get(key);
  if (outcome === "missing" || outcome === "conflicted") return { state: "not_found_yet", outcome };
  if (outcome === "quarantined") {
    return { state: "rejected", reason: own?.message ?? "the record was refused" };
  }
  if (outcome !== "deferred") return { state: "done", outcome };
  // Retrying what the index or a permission refuses would block the lane; the backfill comes back to it.
  if (own && !isTransient(own.kind)) return { state: "done", outcome, fault: own };
  // So would waiting for a daily budget.
  if (!own && fault?.selfImposed) return { state: "done", outcome, fault };
  // So would one text that never gets a usable vector.
  if (own && withoutVector.has(key)) return { state: "not_found_yet", outcome, fault: own };
  return {
    state: "retry_later",
    fault: own ?? fault ?? new Fault("outage", "the text was not sent"),
  };
}
