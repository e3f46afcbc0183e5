import type { JoinedStore } from "../pipeline/joined-store.ts";
import { count } from "../domain/count.ts";
import { sumCoverage } from "../domain/coverage.ts";
import type { LogRecord } from "../domain/log-record.ts";
import { otherModelsLine, type ReadOtherModels } from "../domain/other-models.ts";
import { gapsLine } from "../domain/partial.ts";
import { SET_PRICE } from "../domain/summary.ts";
import { textlessAmong, textlessLine } from "../domain/textless.ts";
import { outnumberFit, unfitRecordsLine } from "../domain/unfit-records.ts";
import { findTextless } from "../pipeline/collections/textless-watch.ts";
import type { Embedder, TokenCounter } from "../ports/embedder.ts";
import type { Check, CheckReport } from "./check-report.ts";
import { levelsCheck, stampsCheck } from "./record-checks.ts";
import { SAMPLE_FOR_COST, estimateOf, tokensPerText } from "../pipeline/estimate-cost.ts";

export type IndexCheckDeps = {
  store: Pick<
    JoinedStore,
    | "coverage"
    | "countUnfit"
    | "findTextElsewhere"
    | "otherLevels"
    | "countStampKeys"
    | "findPending"
    | "probeWritable"
  >;
  /** The wanted ones, to tell what only looks like one of them. Unset: that is not looked for. */
  levels?: readonly string[];
  embedder: Embedder;
  tokens: () => Promise<TokenCounter>;
  /** What is embedded for a message. */
  toText(message: string): string;
  otherModels: ReadOtherModels;
  /** As stamps of this process name its key; undefined where it has none yet. */
  stampKey: string | undefined;
};

/** Undefined where there is nothing to say. */
export type Step = () => Promise<Omit<Check, "name"> | undefined>;

/** Checks of the fit indices and their records, in order; `sample` gets records to embed. */
export function indexSteps(
  deps: IndexCheckDeps,
  report: CheckReport,
  sample: LogRecord[],
  signal: AbortSignal,
): [name: string, step: Step][] {
  return [
    ["vectors", () => checkVectors(deps, report, signal)],
    ["stamps", () => checkStamps(deps, report, signal)],
    ["backlog", () => checkBacklog(deps, report, sample, signal)],
    ["skipped", () => checkUnfitRecords(deps, report, signal)],
    ["texts", () => checkTexts(deps, report, signal)],
    ["levels", () => checkLevels(deps, report, signal)],
    ["updates", () => checkUpdates(deps, report, signal)],
  ];
}

/** Whether search can compare what is there. */
async function checkVectors(deps: IndexCheckDeps, report: CheckReport, signal: AbortSignal) {
  const { store, embedder, otherModels } = deps;
  const indices = report.fit.map(({ index }) => index);
  const { rows, gaps } = await store.coverage({ indices }, signal);
  report.other_models = await otherModels(rows, signal);
  const { vectorized } = sumCoverage(rows);
  const atLeast = gaps.length > 0 ? "at least " : "";
  const detail = `${atLeast}${vectorized} with a vector of ${embedder.model}`;
  if (!report.other_models) return { result: "ok" as const, detail };
  const { command } = report.other_models;
  return {
    result: "warning" as const,
    detail: `${detail}. ${otherModelsLine(report.other_models)}`,
    hint: `${command} --dry-run counts and writes nothing; the old vectors stay until the new ones are written.`,
  };
}

async function checkStamps(
  { store, stampKey }: IndexCheckDeps,
  report: CheckReport,
  signal: AbortSignal,
) {
  const { fit } = report;
  const { rows } = await store.countStampKeys(
    fit.map(({ index }) => index),
    signal,
  );
  return stampsCheck(rows, { fit, key: stampKey });
}

async function checkBacklog(
  { store, embedder, tokens, toText }: IndexCheckDeps,
  report: CheckReport,
  sample: LogRecord[],
  signal: AbortSignal,
) {
  const indices = report.fit.map(({ index }) => index);
  const { rows, gaps } = await store.coverage({ indices }, signal);
  const { pending } = sumCoverage(rows);
  const unseen = gapsLine(gaps);
  report.gaps = gaps;
  report.pending = unseen === undefined ? pending : null;
  const query = { indices, limit: SAMPLE_FOR_COST, excludeKeys: [] };
  const { records } = await store.findPending(query, signal);
  sample.push(...records.filter(({ text }) => text.trim() !== ""));
  const { maxTokensPerText } = embedder.limits;
  const perText = await tokensPerText(
    { maxTokensPerText, tokens, toText },
    sample.map(({ text }) => text),
  );
  report.estimate = estimateOf(perText, pending, embedder.pricePerMillionTokens);
  const { tokens: estimated, cost_usd: cost } = report.estimate;
  const money = cost === null ? "price unknown" : `at most $${cost.toFixed(4)}`;
  const detail = `${unseen === undefined ? "" : "at least "}${count(pending, "record")} pending, about ${count(estimated, "token")}, ${money}`;
  if (unseen !== undefined) {
    return {
      result: "failed" as const,
      detail: `${detail}; not everything could be seen: ${unseen}`,
      hint: "GET _cluster/allocation/explain on OpenSearch says what keeps a shard away; what is there gets no vector until then.",
    };
  }
  const hint = cost === null && estimated > 0 ? { hint: SET_PRICE } : {};
  return { result: "ok" as const, detail, ...hint };
}

/** Records of unfit indices: a failure where they are most of all, as a run by hand ends then. */
async function checkUnfitRecords(
  { store }: IndexCheckDeps,
  { fit, unfit }: CheckReport,
  signal: AbortSignal,
): Promise<Omit<Check, "name"> | undefined> {
  const counted = unfit.filter(({ intentional }) => !intentional).map(({ index }) => index);
  if (counted.length === 0) return undefined;
  const indices = fit.map(({ index }) => index);
  const [{ rows: others }, { rows, uncounted }] = await Promise.all([
    store.coverage({ indices }, signal),
    store.countUnfit(counted, signal),
  ]);
  const found = rows.map(({ records }) => records).filter((records) => records > 0);
  const records = found.reduce((sum, one) => sum + one, 0);
  const skipped = {
    records,
    indices: found.length,
    uncounted,
    others: sumCoverage(others).records,
  };
  const detail = unfitRecordsLine(skipped);
  if (detail === undefined) return undefined;
  if (!outnumberFit(skipped)) return { result: "warning", detail };
  const hint =
    "Fix these indices as the table says, or exclude them from OPENSEARCH_INDEX_PATTERN.";
  return { result: "failed", detail, hint };
}

/** What has no text gets no vector, and nothing else would say so. */
async function checkTexts(
  { store }: IndexCheckDeps,
  { fit }: CheckReport,
  signal: AbortSignal,
): Promise<Omit<Check, "name"> | undefined> {
  const indices = fit.map(({ index }) => index);
  const { rows } = await store.coverage({ indices }, signal);
  const names = textlessAmong(rows).map(({ index }) => index);
  const found = await findTextless(store, names, signal);
  if (found.length === 0) return undefined;
  return { result: "warning", detail: textlessLine(found) };
}

/** The cycles search for equal levels: what only looks like a wanted one is never found. */
async function checkLevels(
  { store, levels }: IndexCheckDeps,
  report: CheckReport,
  signal: AbortSignal,
): Promise<Omit<Check, "name"> | undefined> {
  if (levels === undefined) return undefined;
  const indices = report.fit.map(({ index }) => index);
  return levelsCheck(levels, await store.otherLevels(indices, signal));
}

async function checkUpdates({ store }: IndexCheckDeps, report: CheckReport, signal: AbortSignal) {
  const probes = await store.probeWritable(
    report.fit.map(({ index }) => index),
    signal,
  );
  report.updates = probes.map(({ index, allowed, reason }) => ({
    index,
    allowed,
    ...(reason !== undefined && { reason }),
  }));
  const refused = probes.filter(({ allowed }) => !allowed);
  if (refused.length === 0) {
    return { result: "ok" as const, detail: `allowed in ${count(probes.length, "index")}` };
  }
  const [first] = refused;
  return {
    result: "failed" as const,
    detail: `refused in ${refused.length} of ${count(probes.length, "index")}, first ${first?.index}: ${first?.reason}`,
    hint: first?.fault
      ? `No cycle writes there until this is over. ${first.fault.hint ?? "GET _cluster/allocation/explain on OpenSearch says what keeps a shard away."}`
      : "The role in docs/permissions.md lists the permissions that are needed.",
  };
}
