import type { JoinedStore } from "../pipeline/joined-store.ts";
import { count } from "../domain/count.ts";
import { Fault } from "../domain/faults.ts";
import type { LogRecord } from "../domain/log-record.ts";
import { otherDimensionsLine, unnamedHashing, type ModelInForce } from "../domain/other-models.ts";
import { NO_GAPS } from "../domain/partial.ts";
import { vectorProblem } from "../domain/vector.ts";
import type { Clock } from "../ports/clock.ts";
import type { MessageStream, ReadOptions } from "../ports/message-stream.ts";
import type { StreamSetup } from "../ports/stream-setup.ts";
import type { Check, CheckReport } from "./check-report.ts";
import { checkMemory, type CheckedMemory } from "./memory-check.ts";
import { indexSteps, type IndexCheckDeps, type Step } from "./index-checks.ts";

type CheckDeps = IndexCheckDeps & {
  store: Pick<JoinedStore, "name" | "info" | "survey">;
  /** The embedder's model by the settings. */
  inForce: ModelInForce;
  clock: Clock;
  streams?: CheckedStreams;
  memory?: CheckedMemory;
};

export type CheckedStreams = {
  stream: Pick<MessageStream, "name" | "backlog">;
  setup: Pick<StreamSetup, "check">;
  groups: readonly ReadOptions[];
};

const SAMPLE_TO_EMBED = 3;
const BEFORE_INDICES = new Set(["connection", "model", "indices"]);

const emptyReport = (): CheckReport => ({
  checks: [],
  fit: [],
  unfit: [],
  pending: 0,
  gaps: NO_GAPS,
  estimate: null,
  other_models: null,
  samples: [],
  updates: [],
});

/** Where it cannot be known which model makes the vectors, so that nothing else can be tried. */
export function reportWithoutModel(fault: Fault): CheckReport {
  const { message, hint } = fault;
  const check = {
    name: "model",
    result: "failed" as const,
    detail: message,
    ...(hint ? { hint } : {}),
  };
  return { ...emptyReport(), pending: null, checks: [check], fault };
}

/** Tries everything that a cycle needs and writes nothing. Never throws a Fault: what fails is in the report. */
export async function runChecks(deps: CheckDeps, signal: AbortSignal): Promise<CheckReport> {
  const report = emptyReport();
  const sample: LogRecord[] = [];
  const steps: [string, Step][] = [
    ["connection", () => checkConnection(deps, signal)],
    ["model", async () => checkModel(deps)],
    ["indices", () => checkIndices(deps, report, signal)],
    ...indexSteps(deps, report, sample, signal),
  ];
  for (const [name, step] of steps) {
    const nothingFit = !BEFORE_INDICES.has(name) && report.fit.length === 0;
    if (nothingFit || !(await tryStep(report, name, step))) break;
  }
  await tryStep(report, "embedder", () => checkEmbedder(deps, report, sample, signal));
  const { streams, memory } = deps;
  // A cluster that cannot be reached was told of.
  if (memory && report.fault?.kind !== "outage") {
    await tryStep(report, "memory of errors", () => checkMemory(memory, signal));
  }
  if (streams) await tryStep(report, streams.stream.name, () => checkStreams(streams, signal));
  return report;
}

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

/** Only where hashing makes the vectors though no setting names it. */
function checkModel({ inForce }: CheckDeps): Omit<Check, "name"> | undefined {
  const unnamed = unnamedHashing(inForce);
  if (!unnamed) return undefined;
  const { detail, impact, action } = unnamed;
  return { result: "warning", detail: `${detail}; ${impact}`, hint: action };
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
