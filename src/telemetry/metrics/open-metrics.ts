import type { Issue, IssueId } from "../../status/issues/issue.ts";
import type { Readiness } from "../../status/ready-answer.ts";
import type { Status } from "../../status/status-shape.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ConsumerTally, ConsumerRole } from "../../ports/consumer-events.ts";
import type { Memory } from "../../ports/memory.ts";
import { createCounting, type Counting } from "./counting.ts";
import { groupIndices } from "./index-group.ts";
import { createMeters, type MetricsText } from "./meters.ts";
import { createReplicas } from "./replicas.ts";
import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { templateOf } from "../../domain/template.ts";

/** What was last heard of the others; undefined where they could not be asked, or not for a while. */
export type Known = { status: Status | undefined; readiness: Readiness | undefined };

export type Metrics = {
  listener: Counting["listener"];
  /** All metrics as they are now; sends no request. */
  text(known: Known): Promise<MetricsText>;
};

export type MetricsDeps = {
  version: string;
  role: string;
  clock: Pick<Clock, "now">;
  memory: Pick<Memory, "now">;
  embedder: { model: string; pricePerMillionTokens: number | null };
  /** Whether texts are embedded as their templates. */
  asTemplates: boolean;
  /** Absent where this process runs no cycles. */
  cycles?: { next(): Date | undefined; longestGapMs(): number };
  /** When a cycle last ended well, before this process began. */
  lastSuccessAt: number | undefined;
  consumer: { role: ConsumerRole; tally(): ConsumerTally; waiting(): number } | undefined;
  /** Who reads by the name of a group. */
  readers: ReadonlyMap<string, ConsumerRole>;
  deadLetterCodes: readonly string[];
  /** Whether the embedder refuses every request, as some process left it. */
  refusing(): Promise<boolean>;
  /** What is wrong in this process, as far as it knows that by itself. */
  issues(): readonly Issue[];
  /** Share of MAX_TOKENS_PER_CYCLE that is used; undefined where that is not set. */
  cycleShare(): number | undefined;
  /** Whether MAX_COST_USD_PER_DAY has kept anything from being sent today. */
  isDayReached(): boolean;
  /** Vectors that are paid for and that no record has yet. */
  heldVectors(): number;
};

/** Seconds within which what waits is to be done: fresh logs soon, a backlog before the hour is over. */
const CATCH_UP_SECONDS = { tail: 60, worker: 900 } satisfies Record<ConsumerRole, number>;

/** The metrics of a process, told by its events and by what others have heard. */
export function openMetrics(deps: MetricsDeps): Metrics {
  const { clock, cycles, consumer, version, role, embedder, lastSuccessAt, deadLetterCodes } = deps;
  const meters = createMeters();
  const counting = createCounting({
    meters,
    clock,
    model: embedder.model,
    price: embedder.pricePerMillionTokens,
    alike: deps.asTemplates ? undefined : createAlike(),
    sources: [
      ...(cycles ? ["backfill" as const] : []),
      ...(consumer ? [consumer.role] : []),
      "search",
    ],
    cycles: cycles !== undefined,
    lastSuccessAt,
    deadLetterCodes: consumer ? deadLetterCodes : [],
  });
  const replicas =
    consumer && createReplicas({ catchUpSeconds: CATCH_UP_SECONDS[consumer.role] }, clock);
  const odd = createOddSeries();
  let scaledBy: Status | undefined;
  /** Once for each reading, however often it is shown. */
  const scale = (status: Status | undefined, held: boolean) => {
    if (!consumer || !status?.kafka || status === scaledBy) return;
    scaledBy = status;
    const rows = status.kafka.partitions.filter(
      ({ group }) => deps.readers.get(group) === consumer.role,
    );
    if (rows.length === 0) return;
    const backlog = consumer.role === "worker" ? status.total.pending : 0;
    // Too few would be wanted by what was seen.
    if (backlog === null) return;
    const finished = finishedBy(consumer.tally());
    replicas?.heard({ rows, waiting: consumer.waiting(), backlog, finished, held });
  };

  const showOwn = (refusing: boolean) => {
    meters.show("build_info", [[{ version, role }, 1]]);
    meters.show(
      "requests_in_progress",
      (["embedder", "opensearch"] as const).map((target) => [
        { target },
        counting.inProgress(target),
      ]),
    );
    const next = cycles?.next()?.getTime();
    const gapMs = cycles?.longestGapMs();
    meters.show("last_success_timestamp_seconds", [[{}, inSeconds(counting.lastSuccessAt())]]);
    meters.show("last_sweep_timestamp_seconds", [[{}, inSeconds(counting.lastSweepAt())]]);
    meters.show("next_run_timestamp_seconds", [[{}, inSeconds(next)]]);
    meters.show("cycle_interval_seconds", [[{}, inSeconds(gapMs)]]);
    meters.show("breaker_open", [[{}, Number(refusing)]]);
    meters.show("held_vectors", [[{}, deps.heldVectors()]]);
    const issues = deps.issues();
    const isWrong = (id: IssueId) => issues.some((one) => one.id === id);
    meters.show("state_dir_writable", [[{}, Number(!isWrong("state"))]]);
    meters.show("log_file_writable", [[{}, Number(!isWrong("log_file"))]]);
    const { usedBytes, limitBytes } = deps.memory.now();
    meters.show("memory_used_bytes", [[{}, usedBytes]]);
    meters.show("memory_limit_bytes", [[{}, limitBytes]]);
    meters.show("anomaly_active", odd(issues));
    if (!consumer) return;
    const { role: component } = consumer;
    meters.show("waiting_records", [[{ component }, consumer.waiting()]]);
    meters.show("consumer_paused", [[{ component }, Number(isPaused(issues, component))]]);
  };

  const showStatus = (status: Status | undefined) => {
    const rows = groupIndices(status?.indices ?? []);
    const of = ({ group }: (typeof rows)[number]) => ({ index_group: group });
    meters.show(
      "backlog_records",
      rows.map((row) => [of(row), row.pending]),
    );
    meters.show(
      "coverage_ratio",
      rows.map((row) => [of(row), row.coverage]),
    );
    meters.show("other_model_records", otherModelCounts(status?.other_models));
    meters.show(
      "oldest_pending_age_seconds",
      rows.map((row) => [of(row), ageSeconds(row.oldestPendingAt, clock.now())]),
    );
    meters.show("unfit_indices", unfitCounts(status));
    meters.show("quarantined_records", [[{}, status?.total.quarantined ?? undefined]]);
    meters.show("progress_ratio", [
      [{}, counting.drained() ?? status?.total.coverage ?? undefined],
    ]);
    const { cost_usd: cost = null, limit_usd: limit = null } = status?.spent_today ?? {};
    const usd = cost === null || limit === null || limit === 0 ? undefined : cost / limit;
    meters.show("budget_used_ratio", [
      // What does not fit is refused before all is spent.
      [{ budget: "usd" }, deps.isDayReached() ? Math.max(1, usd ?? 0) : usd],
      [{ budget: "tokens" }, deps.cycleShare()],
    ]);
    meters.show(
      "consumer_lag_records",
      (status?.kafka?.partitions ?? []).flatMap(({ group, topic, partition, lag }) => {
        const component = deps.readers.get(group);
        return component
          ? [[{ component, topic, partition: String(partition) }, lag] as const]
          : [];
      }),
    );
  };

  return {
    listener: counting.listener,
    async text({ status, readiness }) {
      const refusing = await deps.refusing();
      showOwn(refusing);
      showStatus(status);
      meters.show(
        "dependency_up",
        (readiness?.dependencies ?? []).map(({ name, ready }) => [
          { dependency: name },
          Number(ready),
        ]),
      );
      scale(status, refusing || (consumer !== undefined && isPaused(deps.issues(), consumer.role)));
      meters.show(
        "desired_replicas",
        consumer ? [[{ component: consumer.role }, replicas?.desired()]] : [],
      );
      return meters.text();
    },
  };
}

function isPaused(issues: readonly Issue[], role: ConsumerRole): boolean {
  return issues.some(({ id, which }) => id === "paused" && which === role);
}

/** More series than these are not told apart. */
const MAX_SERIES = 100;

/** A series that was odd once is shown from then on, so that its end is seen. */
function createOddSeries() {
  const seen = new Set<string>();
  return (issues: readonly Issue[]) => {
    const odd = new Set(issues.flatMap(({ id, which }) => (id === "anomaly" ? [which] : [])));
    for (const series of odd) if (seen.size < MAX_SERIES) seen.add(series);
    return [...seen].map((series) => [{ series }, Number(odd.has(series))] as const);
  };
}

/** Messages of which nothing is left to do; most hold one record. */
function finishedBy({ outcomes, passed_over: passedOver }: ConsumerTally): number {
  return Object.values(outcomes).reduce((sum, records) => sum + records, passedOver);
}

/** Models told apart: what others wrote in a stamp must not make series without end. */
const MAX_MODELS = 9;

function otherModelCounts(others: Status["other_models"] | undefined) {
  const counts = new Map<string, number>();
  others?.models.forEach(({ model, records }, i) => {
    const name = i < MAX_MODELS ? (model ?? "unknown") : "other";
    counts.set(name, (counts.get(name) ?? 0) + records);
  });
  const told = [...counts.values()].reduce((sum, records) => sum + records, 0);
  const rest = (others?.records ?? 0) - told;
  if (rest > 0) counts.set("other", (counts.get("other") ?? 0) + rest);
  return [...counts].map(([model, records]) => [{ model }, records] as const);
}

function unfitCounts(status: Status | undefined) {
  return [true, false].map((wanted) => {
    const those = status?.unfit.filter(({ intentional: byIntent = false }) => byIntent === wanted);
    return [{ intentional: String(wanted) }, those?.length] as const;
  });
}

function inSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}

function ageSeconds(at: number | undefined, now: number): number | undefined {
  return at === undefined ? undefined : Math.max(0, (now - at) / 1000);
}

const MAX_TEMPLATES = 20_000;

/**
 * How many of some texts have the same template as one before them: those that EMBEDDING_TEXT=template would have saved.
 * Of templates no more is kept than hashes, and of those the latest.
 */
function createAlike(): (texts: readonly string[]) => number {
  const seen = new LRUCache<string, true>({ max: MAX_TEMPLATES });
  return (texts) => {
    let alike = 0;
    for (const text of texts) {
      const template = hash("sha256", templateOf(text), "base64url");
      if (seen.has(template)) alike++;
      seen.set(template, true);
    }
    return alike;
  };
}
