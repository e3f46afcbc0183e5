import type { JoinedStore } from "../pipeline/joined-store.ts";
import { count } from "../domain/count.ts";
import { sumCoverage } from "../domain/coverage.ts";
import { Fault } from "../domain/faults.ts";
import type { LogRecord } from "../domain/log-record.ts";
import {
  otherDimensionsLine,
  otherModelsLine,
  type ModelInForce,
  type ReadOtherModels,
} from "../domain/other-models.ts";
import { NO_GAPS, gapsLine } from "../domain/partial.ts";
import { SET_PRICE } from "../domain/summary.ts";
import { textlessAmong, textlessLine } from "../domain/textless.ts";
import { outnumberFit, unfitRecordsLine } from "../domain/unfit-records.ts";
import { vectorProblem } from "../domain/vector.ts";
import { findTextless } from "../pipeline/collections/textless-watch.ts";
import type { Clock } from "../ports/clock.ts";
import type { Embedder, TokenCounter } from "../ports/embedder.ts";
import type { MessageStream, ReadOptions } from "../ports/message-stream.ts";
import type { StreamSetup } from "../ports/stream-setup.ts";
import type { Check, CheckReport } from "./check-report.ts";
import { levelsCheck, stampsCheck } from "./record-checks.ts";
import { SAMPLE_FOR_COST, estimateOf, tokensPerText } from "./other-models.ts";

type CheckDeps = {
  store: Pick<
    JoinedStore,
    | "name"
    | "info"
    | "survey"
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
  /** The embedder's model by the settings. */
  inForce: ModelInForce;
  tokens: () => Promise<TokenCounter>;
  /** What is embedded for a message. */
  toText(message: string): string;
  clock: Clock;
  otherModels: ReadOtherModels;
  /** As stamps of this process name its key; undefined where it has none yet. */
  stampKey: string | undefined;
  streams?: CheckedStreams;
};

export type CheckedStreams = {
  stream: Pick<MessageStream, "name" | "backlog">;
  setup: Pick<StreamSetup, "check">;
  groups: readonly ReadOptions[];
};

const SAMPLE_TO_EMBED = 3;

/** Tries everything that a cycle needs and writes nothing. Never throws a Fault: what fails is in the report. */
export async function runChecks(deps: CheckDeps, signal: AbortSignal): Promise<CheckReport> {
  const report: CheckReport = {
    checks: [],
    fit: [],
    unfit: [],
    pending: 0,
    gaps: NO_GAPS,
    estimate: null,
    other_models: null,
    samples: [],
    updates: [],
  };
  const sample: LogRecord[] = [];
  const steps: [string, Step][] = [
    ["connection", () => checkConnection(deps, signal)],
    ["indices", () => checkIndices(deps, report, signal)],
    ["vectors", () => checkVectors(deps, report, signal)],
    ["stamps", () => checkStamps(deps, report, signal)],
    ["backlog", () => checkBacklog(deps, report, sample, signal)],
    ["skipped", () => checkUnfitRecords(deps, report, signal)],
    ["texts", () => checkTexts(deps, report, signal)],
    ["levels", () => checkLevels(deps, report, signal)],
    ["updates", () => checkUpdates(deps, report, signal)],
  ];
  for (const [name, step] of steps) {
    const nothingFit = name !== "connection" && name !== "indices" && report.fit.length === 0;
    if (nothingFit || !(await tryStep(report, name, step))) break;
  }
  await tryStep(report, "embedder", () => checkEmbedder(deps, report, sample, signal));
  const { streams } = deps;
  if (streams) await tryStep(report, streams.stream.name, () => checkStreams(streams, signal));
  return report;
}

/** Undefined where there is nothing to say. */
type Step = () => Promise<Omit<Check, "name"> | undefined>;

/** False where the fault makes every later step meaningless. */
async function tryStep(report: CheckReport, name: string, step: Step): Promise<boolean> {
  try {
    const result = await step();
    if (result) report.checks.push({ name, ...result });
    return true;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const { message, hint } = error;
    report.checks.push({ name, result: "failed", detail: message, ...(hint ? { hint } : {}) });
    report.fault ??= error;
    return false;
  }
}

async function checkConnection({ store, clock }: CheckDeps, signal: AbortSignal) {
  const startedAt = clock.now();
  const { version, cluster, url } = await store.info(signal);
  const took = `${clock.now() - startedAt} ms`;
  const what =
    version === undefined
      ? `${store.name} at ${url}, which does not tell its version`
      : `opensearch ${version}, cluster ${cluster ?? "without a name"} at ${url}`;
  return { result: "ok" as const, detail: `${what}, ${took}` };
}

async function checkIndices(
  { store, inForce }: CheckDeps,
  report: CheckReport,
  signal: AbortSignal,
) {
  const { fit, unfit } = await store.survey(signal);
  report.fit = fit;
  report.unfit = unfit;
  const lengths = otherDimensionsLine(unfit, inForce);
  const detail = `${fit.length} fit, ${unfit.length} unfit${lengths === undefined ? "" : `. ${lengths}`}`;
  if (fit.length === 0) {
    const hint =
      unfit.length === 0
        ? "No index matches OPENSEARCH_INDEX_PATTERN, or none may be seen by this user."
        : "No index behind OPENSEARCH_INDEX_PATTERN can be used: see the reasons.";
    return { result: "failed" as const, detail, hint };
  }
  return { result: unfit.length > 0 ? ("warning" as const) : ("ok" as const), detail };
}

/** Whether search can compare what is there. */
async function checkVectors(deps: CheckDeps, report: CheckReport, signal: AbortSignal) {
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
  { store, stampKey }: CheckDeps,
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
  { store, embedder, tokens, toText }: CheckDeps,
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
  { store }: CheckDeps,
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
  { store }: CheckDeps,
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
  { store, levels }: CheckDeps,
  report: CheckReport,
  signal: AbortSignal,
): Promise<Omit<Check, "name"> | undefined> {
  if (levels === undefined) return undefined;
  const indices = report.fit.map(({ index }) => index);
  return levelsCheck(levels, await store.otherLevels(indices, signal));
}

async function checkUpdates({ store }: CheckDeps, report: CheckReport, signal: AbortSignal) {
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

async function checkEmbedder(
  deps: CheckDeps,
  report: CheckReport,
  sample: readonly LogRecord[],
  signal: AbortSignal,
) {
  const { embedder } = deps;
  let refused = 0;
  for (const { index, id, text } of sample.slice(0, SAMPLE_TO_EMBED)) {
    try {
      report.samples.push({ index, id, ...(await embedOne(deps, deps.toText(text), id, signal)) });
    } catch (error) {
      // A text that is refused says nothing about the embedder: a harmless one must show that.
      if (!(error instanceof Fault) || error.kind !== "record") throw error;
      refused++;
    }
  }
  const latencies = report.samples.map((one) => one.latency_ms);
  if (latencies.length === 0) {
    const { latency_ms: latency } = await embedOne(deps, PROBE_TEXT, "probe", signal);
    latencies.push(latency);
  }
  const texts =
    report.samples.length > 0 ? count(latencies.length, "sample record") : "a probe text";
  const took = latencies.map((latency) => `${latency} ms`).join(", ");
  const detail = `${embedder.name} ${embedder.model}: ${texts} embedded, ${count(embedder.dimensions, "dimension")}, ${took}`;
  if (refused === 0) return { result: "ok" as const, detail };
  return { result: "warning" as const, detail: `${detail}; ${refused} refused by the embedder` };
}

const PROBE_TEXT = "connection refused";

/** Throws a Fault where the vector is not fit to be stored. */
async function embedOne(
  { embedder, clock, tokens }: CheckDeps,
  text: string,
  logId: string,
  signal: AbortSignal,
) {
  const head = (await tokens()).cut(text.toWellFormed(), embedder.limits.maxTokensPerText);
  const startedAt = clock.now();
  const { vectors } = await embedder.embed([{ text: head, logId }], signal);
  const latency = clock.now() - startedAt;
  const [vector] = vectors;
  const problem = vector ? vectorProblem(vector, embedder.dimensions) : "no vector";
  if (problem) throw new Fault("outage", `${embedder.name} answered ${problem}`);
  return { dimensions: embedder.dimensions, latency_ms: latency };
}

export async function checkStreams(
  { stream, setup, groups }: CheckedStreams,
  signal: AbortSignal,
): Promise<Omit<Check, "name">> {
  const { ok, ...found } = await setup.check(signal);
  if (!ok) return { result: "failed", ...found };
  const lanes = [];
  for (const group of groups) lanes.push(...((await stream.backlog?.(group, signal)) ?? []));
  const lag = lanes.reduce((sum, lane) => sum + lane.lag, 0);
  return { result: "ok", detail: `${found.detail}${stream.backlog ? `; lag ${lag}` : ""}` };
}
