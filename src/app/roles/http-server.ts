import { randomBytes } from "node:crypto";
import { z } from "zod";
import { ConfigError } from "../../config/problems.ts";
import type { Config } from "../../config/config.ts";
import type { CannotListen } from "../../http/serve.ts";
import type { QuarantineFilter } from "../../pipeline/quarantine/quarantined.ts";
import type { StopSignals } from "../../ports/stop-signals.ts";
import type { Role } from "../../status/heartbeat.ts";
import type { Schedule } from "../../status/issues/process-facts.ts";
import type { History } from "../../status/overview/history.ts";
import type { OverviewDeps } from "../../status/overview/overview.ts";
import { openAnswers } from "../parts/answers.ts";
import type { Service } from "../service.ts";
import { VERSION } from "../version.ts";

/** A process that runs until it is stopped, as the HTTP server shows it. */
export type RunningRole = {
  role: Role;
  /** Absent where this process runs no cycles. */
  cycles?: Schedule & { start(): "started" | "running" | "stopping" };
  consumer: OverviewDeps["consumer"];
  /** Whether it goes on without HTTP where it cannot listen; else that is a ConfigError. */
  optional: boolean;
};

/** The same with what is known of it. */
export type Observed = RunningRole & { history: History; anomalies: OverviewDeps["anomalies"] };

/** Nothing to release where HTTP is off. */
const NOTHING: AsyncDisposable = { [Symbol.asyncDispose]: () => Promise.resolve() };

/** The HTTP server of such a process. */
export async function serveHttp(
  service: Service,
  { http, embedding, mcp }: Pick<Config, "http" | "embedding" | "mcp">,
  serving: Observed,
  stop: StopSignals,
): Promise<AsyncDisposable> {
  if (!http) return NOTHING;
  const [{ serve }, parts] = await Promise.all([
    import("../../http/serve.ts"),
    openParts(service, { ...serving, asTemplates: embedding?.text.form === "template", mcp }, stop),
  ]);
  try {
    await using opened = new AsyncDisposableStack();
    opened.defer(parts.close);
    const { generateToken: generates } = http;
    const own = generates && { token: await ownToken(service.state) };
    const { url } = opened.use(await serve(parts.http, { ...http, ...own }));
    if (own) {
      const pageUrl = generates?.pageUrl ?? pageAt(url);
      service.events.tokenGenerated({ ...own, pageUrl });
    }
    return opened.move();
  } catch (error) {
    const problem = problemOf(error);
    if (!problem) throw error;
    if (!serving.optional) throw new ConfigError([problem]);
    service.events.httpUnavailable({ problem: `${problem.name} ${problem.sentence}` });
    return NOTHING;
  }
}

const tokenShape = z.object({ token: z.string().regex(/^[0-9a-f]{48}$/) });

/** The same after a restart: a cookie that was signed with it stays good. */
async function ownToken(state: Service["state"]): Promise<string> {
  const made = { token: randomBytes(24).toString("hex") };
  // Under the lock of the state directory: two processes that start at once agree on one token.
  await state.change("http-token", (kept) => tokenShape.safeParse(kept).data ?? made);
  return tokenShape.parse(await state.load("http-token")).token;
}

/** No browser opens the address that stands for all of a machine's addresses. */
function pageAt(url: string): string {
  return `${url.replace(/\/\/(0\.0\.0\.0|\[::\])(?=:)/, "//localhost")}/`;
}

function problemOf(error: unknown) {
  const isIts = (one: unknown): one is CannotListen =>
    one instanceof Error && one.name === "CannotListen";
  return isIts(error) ? { name: error.setting, sentence: error.message } : undefined;
}

async function openParts(
  service: Service,
  serving: Observed & { asTemplates: boolean; mcp: Config["mcp"] },
  stop: StopSignals,
) {
  const { role, cycles, consumer, anomalies, history, asTemplates, mcp } = serving;
  const { clock, events, state } = service;
  const [
    { readOverview },
    { lastSuccessIn },
    { NO_FACTS },
    { issuesOf },
    { factsOfProcess },
    { readSpentMonth },
    { embedMessages },
    { limitConcurrentSearches },
    { listQuarantined },
    { changeQuarantined, countChangeable },
    { readBreaker },
    { openMetrics },
    { DEAD_LETTER_CODES },
    answers,
    readiness,
    embedder,
    { embedderLimits, held },
  ] = await Promise.all([
    import("../../status/overview/overview.ts"),
    import("../../status/overview/past-cycles.ts"),
    import("../../status/issues/facts.ts"),
    import("../../status/issues/issues.ts"),
    import("../../status/issues/process-facts.ts"),
    import("../../limits/spent-month.ts"),
    import("../../pipeline/collect-vectors.ts"),
    import("../../search/limit-concurrent-searches.ts"),
    import("../../pipeline/quarantine/list-quarantined.ts"),
    import("../../pipeline/quarantine/change-quarantined.ts"),
    import("../../limits/breaker.ts"),
    import("../../telemetry/metrics/open-metrics.ts"),
    import("../../stream/reading.ts"),
    openAnswers(service),
    service.readiness(),
    service.embedder(),
    service.enrichment(),
  ]);
  const metrics = openMetrics({
    version: VERSION,
    role,
    clock,
    memory: service.memory,
    embedder,
    asTemplates,
    ...(cycles ? { cycles } : {}),
    lastSuccessAt: lastSuccessIn(history.cycles()),
    consumer,
    readers: new Map(service.groups().map((one) => [one.group, one.role])),
    deadLetterCodes: DEAD_LETTER_CODES,
    refusing: async () => (await readBreaker(state)) !== undefined,
    cycleShare: () => embedderLimits.cycleShare(),
    isDayReached: () => embedderLimits.isDayReached(),
    heldVectors: () => held.count(),
    issues: () =>
      issuesOf({
        ...NO_FACTS,
        ...factsOfProcess({ history, schedule: cycles, anomalies: anomalies() }),
        now: clock.now(),
      }),
  });
  const { everything } = stop;
  const quarantine = async () => ({
    store: await service.store(),
    localQuarantine: await service.localQuarantine(),
    events,
  });
  const overview: Omit<OverviewDeps, "status" | "readiness"> = {
    version: VERSION,
    role,
    startedAt: clock.now(),
    clock,
    history,
    anomalies,
    spentMonth: () => readSpentMonth(state, clock.now()),
    schedule: cycles,
    consumer,
    embedder,
  };
  return {
    http: {
      version: VERSION,
      clock,
      events,
      state,
      tracer: service.tracer,
      stop,
      readiness: () => readiness.ask(everything),
      status: () => service.status(everything),
      overview: (from) => readOverview({ ...overview, ...from }),
      metrics: (known) => metrics.text(known),
      startCycle: cycles ? () => cycles.start() : undefined,
      quarantine: {
        list: async ({ filter, limit }, signal) =>
          listQuarantined(
            await quarantine(),
            { filter: { ...filter, withText: true }, limit },
            signal,
          ),
        count: async (filter, signal) =>
          countChangeable(await quarantine(), retryOf(filter), signal),
        retry: async (filter, stops) =>
          changeQuarantined(await quarantine(), retryOf(filter), stops),
      },
      ...answers,
      search: limitConcurrentSearches(answers.search, { memoryBytes: service.memory.heapBytes() }),
      mcp,
      compareStatistics: async (query, signal) => service.compareStatistics(query, signal),
      async embed(messages, stops) {
        const enrichment = await service.enrichment();
        const admission = enrichment.embedderLimits.for("guest");
        return embedMessages({ ...enrichment, admission, events }, messages, stops);
      },
    } satisfies Parameters<typeof import("../../http/serve.ts").serve>[0],
    close: service.listen(metrics.listener),
  };
}

/** The page is about what somebody has to look into: a record without a text is not. */
function retryOf(filter: QuarantineFilter) {
  return { filter: { ...filter, withText: true }, action: "retry" as const };
}
