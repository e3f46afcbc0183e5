import { isoTime } from "../domain/iso-time.ts";
import { timeLimit } from "../concurrency/time-limit.ts";
import type { OpenBreaker } from "../limits/breaker.ts";
import { FAULT_POLICIES } from "../domain/fault-policy.ts";
import { Fault } from "../domain/faults.ts";
import type { Clock } from "../ports/clock.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { RecordStore } from "../ports/record-store.ts";
import type { StreamSetup } from "../ports/stream-setup.ts";
import type { CallRecord } from "./call-record.ts";
import type { CallRecords } from "./call-records.ts";
import type { EmbedderHistory } from "./embedder-watch.ts";
import { dependencyIssues } from "./issues/dependency-issues.ts";
import { NO_FACTS } from "./issues/facts.ts";
import { DEPENDENCY_NAMES, type DependencyName } from "./issues/issue.ts";
import type { Dependency, Readiness } from "./ready-answer.ts";

/** A dependency before the verdict on it. */
type State = Omit<Dependency, "ready">;

/** The same as the latest calls and probes left it; sends no request. */
export type Standing = {
  ready: boolean;
  dependencies: Pick<Dependency, "name" | "ready" | "error">[];
};

type ProbesDeps = {
  store: Pick<RecordStore, "info">;
  /** Absent: no probe. */
  embedder: Pick<Embedder, "probe">;
  kafka?: Pick<StreamSetup, "probe">;
  /** What calls met; what becomes of a probe is noted there too. */
  records: CallRecords;
  clock: Pick<Clock, "now">;
};

/** Asks one dependency whether it answers, without a request that costs anything. Never throws a Fault. */
type Probe = (signal: AbortSignal) => Promise<State>;

export type Probes = { opensearch: Probe; embedder?: Probe; kafka?: Probe };

/** A dependency that takes longer is not ready. */
const TIMEOUT_MS = 5000;
/** What the last request to the embedder met counts for so long; after that only whether it can be reached. */
const REMEMBERED_MS = 15 * 60_000;

/** One for each dependency that can be asked. */
export function createProbes({ store, embedder, kafka, records, clock }: ProbesDeps): Probes {
  const of = (name: DependencyName, ask: (signal: AbortSignal) => Promise<unknown>) =>
    createProbe(name, ask, { record: records[name], clock });
  const { probe } = embedder;
  return {
    opensearch: of("opensearch", (signal) => store.info(signal)),
    ...(probe && { embedder: of("embedder", probe) }),
    ...(kafka && {
      kafka: of("kafka", (signal) => kafka.probe(signal)),
    }),
  };
}

type ReadinessDeps = {
  probes: Probes;
  /** How the embedder's own requests went. */
  history(): EmbedderHistory;
  /** Why the embedder refuses every request, as some process left it. */
  breaker(): Promise<OpenBreaker | undefined>;
  clock: Pick<Clock, "now">;
};

/** Asks everybody at once whether he is there. Never throws a Fault. */
export function createReadiness(deps: ReadinessDeps): (signal: AbortSignal) => Promise<Readiness> {
  const { opensearch, embedder, kafka } = deps.probes;
  return async (signal) => {
    const reached = embedder?.(signal);
    const dependencies = await Promise.all([
      opensearch(signal),
      embedderState(deps, reached),
      ...(kafka ? [kafka(signal)] : []),
    ]);
    return withVerdict(dependencies);
  };
}

/** A dependency is ready where there is no issue of it, and the process where each of its dependencies is. */
function withVerdict<T extends Pick<Dependency, "name" | "error">>(
  states: readonly T[],
): { ready: boolean; dependencies: (T & { ready: boolean })[] } {
  const issues = dependencyIssues({ ...NO_FACTS, now: 0, dependencies: states });
  const dependencies = states.map((one) => ({
    ...one,
    ready: !issues.some(({ id }) => id === one.name),
  }));
  return { ready: dependencies.every(({ ready }) => ready), dependencies };
}

/** What is known of each dependency of which anything is known, without a call to any of them. Never throws a Fault. */
export async function readStanding({
  records,
  breaker,
}: Pick<ProbesDeps, "records"> & Pick<ReadinessDeps, "breaker">): Promise<Standing> {
  const refusing = await breaker();
  return withVerdict(
    DEPENDENCY_NAMES.flatMap((name) => {
      const outage = records[name].outage();
      const error = outage ? errorOf(outage.fault, outage.since) : null;
      if (name === "embedder" && refusing) return [{ name, error: refusing }];
      return error || records[name].recovery() ? [{ name, error }] : [];
    }),
  );
}

function createProbe(
  name: DependencyName,
  ask: (signal: AbortSignal) => Promise<unknown>,
  { record, clock }: { record: CallRecord; clock: Pick<Clock, "now"> },
): Probe {
  let lastSuccess: string | null = null;
  let latency: number | null = null;
  let inFlight: Promise<State> | undefined;
  const asked: Probe = async (signal) => {
    const startedAt = clock.now();
    using limit = timeLimit(signal, TIMEOUT_MS);
    try {
      await ask(limit.signal);
      latency = clock.now() - startedAt;
      lastSuccess = isoTime(clock.now());
      record.answered("probe");
      return { name, latency_ms: latency, last_success: lastSuccess, error: null };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const fault = limit.timedOut() ? noAnswer(name) : error;
      // A stop ends it too, which says nothing of the other side.
      if (!signal.aborted) record.failed("probe", fault);
      const said = errorOf(fault, record.outage()?.since ?? clock.now());
      return { name, latency_ms: latency, last_success: lastSuccess, error: said };
    }
  };
  // Callers that ask at the same time share the answer.
  return (signal) => (inFlight ??= asked(signal).finally(() => (inFlight = undefined)));
}

/** Its own requests say most: whether it can be reached is the least that there must be. */
async function embedderState(
  { breaker, history, clock }: ReadinessDeps,
  asked: Promise<State> | undefined,
): Promise<State> {
  const reached = await asked;
  const { lastSuccessAt, latencyMs, failing } = history();
  const own = {
    name: "embedder" as const,
    latency_ms: latencyMs ?? null,
    last_success: lastSuccessAt === undefined ? null : isoTime(lastSuccessAt),
  };
  const refusing = await breaker();
  if (refusing) return { ...own, error: refusing };
  if (reached?.error) return { ...own, error: reached.error };
  const isOver = !failing || clock.now() - failing.at > REMEMBERED_MS;
  // To be slowed down is no outage.
  if (isOver || failing.fault.kind === "rate" || isBack(failing, reached)) {
    return { ...own, error: null };
  }
  return { ...own, error: errorOf(failing.fault, failing.since) };
}

/** Whether what the requests missed was a connection, and there has been one since. */
function isBack(
  { fault, at }: NonNullable<EmbedderHistory["failing"]>,
  reached: State | undefined,
): boolean {
  const reachedAt = reached?.last_success;
  return fault.connectionFailed && typeof reachedAt === "string" && Date.parse(reachedAt) >= at;
}

function errorOf({ kind, message, hint }: Fault, since: number): NonNullable<Dependency["error"]> {
  return { kind, message, hint: hint ?? FAULT_POLICIES[kind].advice, since: isoTime(since) };
}

function noAnswer(name: string): Fault {
  return new Fault("outage", `${name}: no answer within ${TIMEOUT_MS / 1000} s`);
}
