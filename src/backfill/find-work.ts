import { sumCoverage, type IndexCoverage } from "../domain/coverage.ts";
import { indexKey } from "../domain/log-record.ts";
import type { Gap } from "../domain/partial.ts";
import type { FitIndex, Survey } from "../domain/survey.ts";
import type { UnfitRecords } from "../domain/unfit-records.ts";
import type { PausedIndices } from "../pipeline/collections/paused-indices.ts";
import { prepareIndices, type PrepareDeps } from "../pipeline/collections/prepare-indices.ts";
import type { TextlessWatch } from "../pipeline/collections/textless-watch.ts";
import type { Trials } from "../pipeline/collections/trials.ts";
import type { MarksAudit } from "../pipeline/quarantine/audit-marks.ts";
import type { LocalQuarantine } from "../pipeline/quarantine/local-quarantine.ts";
import {
  reviewLocalQuarantine,
  reviewMarks,
  type ReviewDeps,
} from "../pipeline/quarantine/review-verdicts.ts";
import type { WriteLoopDetector } from "../pipeline/write-loop-detector.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { Events } from "../ports/events.ts";
import type { RecordStore } from "../ports/record-store.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { SpanAttributes } from "../ports/tracer.ts";
import { countUnfitRecords } from "./unfit-records.ts";

export type Work = {
  fit: string[];
  unfit: number;
  /** Fit indices with pending records that accept updates, newest index first. */
  pending: IndexCoverage[];
  resting: IndexCoverage[];
  /** Pending records of all fit indices, as far as they were visible. */
  found: number;
  /** Records with a vector of another model in all fit indices, as far as they were visible. */
  otherModel: number;
  gaps: readonly Gap[];
  unfitRecords: UnfitRecords;
  /** Marks without a valid signature that were removed. */
  falseMarks: number;
  fitKeys: ReadonlySet<string>;
};

type FindWorkDeps = PrepareDeps &
  ReviewDeps & {
    localQuarantine: Pick<LocalQuarantine, "keys">;
    writeLoops: Pick<WriteLoopDetector, "counted">;
    textless: TextlessWatch;
    marksAudit: MarksAudit;
    store: Pick<RecordStore, "survey" | "coverage" | "prepare" | "countUnfit">;
    paused: Pick<PausedIndices, "surveyed" | "among" | "waitedFor" | "ended">;
    /** Absent in a scheduler, which embeds nothing. */
    trials?: Pick<Trials, "surveyed" | "counted">;
    /** Likewise. */
    embedder?: Pick<Embedder, "warmUp">;
    events: Pick<Events, "mappingAdded" | "answerPartial" | "falseMarksFound">;
  };

/** Surveys the indices, counts their backlog, and adds the mapping to those that will be written to. */
export async function findWork(deps: FindWorkDeps, stop: StopSignals): Promise<Work> {
  return prepareWork(deps, await countWork(deps, stop), stop);
}

/** What the indices hold, before it is known which of them take updates. */
type Counted = {
  survey: Survey;
  rows: readonly IndexCoverage[];
  /** Fit indices with pending records, newest index first. */
  pending: readonly IndexCoverage[];
  gaps: readonly Gap[];
  falseMarks: number;
};

/** Surveys the indices and counts their backlog. */
export async function countWork(deps: FindWorkDeps, stop: StopSignals): Promise<Counted> {
  const { store, watch, paused: pauses, trials, events } = deps;
  const survey = await store.survey(stop.everything);
  watch.surveyed(survey);
  pauses.surveyed(survey);
  trials?.surveyed(survey);
  const { rows, gaps, falseMarks } = await countReviewed(deps, survey.fit, stop.everything);
  if (gaps.length > 0) events.answerPartial({ gaps, during: "the counting of records" });
  trials?.counted(rows);
  deps.writeLoops.counted(rows);
  await deps.textless.counted(rows, stop.everything);
  return { survey, rows, pending: rows.filter((row) => row.pending > 0), gaps, falseMarks };
}

/** Adds the mapping to the indices that will be written to, and asks which of them take updates. */
export async function prepareWork(
  deps: FindWorkDeps,
  { survey, rows, pending, gaps, falseMarks }: Counted,
  stop: StopSignals,
): Promise<Work> {
  const toWrite = pending.map(({ index }) => index);
  if (toWrite.length > 0) deps.embedder?.warmUp?.();
  // An index in the gaps may have pending records too.
  deps.paused.waitedFor(new Set([...toWrite, ...gaps.map(({ index }) => index)]));
  const { refused, paused } = await prepareIndices(deps, toWrite, stop.everything);

  const fit = survey.fit.map(({ index }) => index).filter((index) => !refused.has(index));
  const waiting = pending.filter(({ index }) => !refused.has(index));
  const meant = survey.unfit.filter(({ intentional }) => !intentional);
  const unfitRecords = await countUnfitRecords(
    deps.store,
    { unfit: meant.map(({ index }) => index), rows, refused, paused },
    stop.everything,
  );
  return {
    fit,
    fitKeys: new Set(
      survey.fit.map(({ index, uuid: indexUuid }) => indexKey({ index, indexUuid })),
    ),
    unfit: survey.unfit.length + refused.size,
    pending: waiting.filter(({ index }) => !paused.has(index)),
    resting: waiting.filter(({ index }) => paused.has(index)),
    found: sumPending(waiting),
    otherModel: sumCoverage(rows).otherModel,
    gaps,
    unfitRecords,
    falseMarks,
  };
}

/** Reviews quarantine verdicts and marks first, so that verdicts that no longer hold do not hide pending records. */
async function countReviewed(deps: FindWorkDeps, fit: readonly FitIndex[], signal: AbortSignal) {
  const { store, localQuarantine, events } = deps;
  await reviewLocalQuarantine(deps, fit, signal);
  const query = { indices: fit.map(({ index }) => index), quarantinedKeys: localQuarantine.keys() };
  const counted = await store.coverage(query, signal);
  const marks = { fit, rows: counted.rows };
  const { isOther, unproven } = await reviewMarks(deps, marks, signal);
  const sums = new Map(unproven);
  for (const [index, records] of await deps.marksAudit.run(marks, signal)) {
    sums.set(index, (sums.get(index) ?? 0) + records);
  }
  for (const [index, records] of sums) events.falseMarksFound({ index, records });
  const falseMarks = [...sums.values()].reduce((sum, records) => sum + records, 0);
  const recounted = isOther || falseMarks > 0 ? await store.coverage(query, signal) : counted;
  return { ...recounted, falseMarks };
}

export function workAttributes(work: Work): SpanAttributes {
  const { fit, unfit } = work;
  return {
    "log_vectorizer.found": countsOf(work).found ?? undefined,
    "log_vectorizer.indices.fit": fit.length,
    "log_vectorizer.indices.unfit": unfit,
  };
}

/** null where the answer was partial. */
export function countsOf({ found, otherModel, gaps }: Work) {
  return gaps.length > 0 ? { found: null, otherModel: null } : { found, otherModel };
}

export function sumPending(rows: readonly IndexCoverage[]): number {
  return rows.reduce((sum, row) => sum + row.pending, 0);
}
