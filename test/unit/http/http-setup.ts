import type { LightMyRequestResponse } from "fastify";
import type { TestContext } from "node:test";
import { explain } from "../../../src/analysis/explanation/explain.ts";
import { createGroups } from "../../../src/analysis/groups.ts";
import { compareStatistics } from "../../../src/analysis/statistics/compare-statistics.ts";
import type { Anomaly } from "../../../src/domain/anomaly.ts";
import { redact } from "../../../src/domain/redact.ts";
import type { HttpParts, HttpSettings } from "../../../src/http/parts.ts";
import { buildServer } from "../../../src/http/server.ts";
import { readBreaker } from "../../../src/limits/breaker.ts";
import { readSpentMonth } from "../../../src/limits/spent-month.ts";
import { embedMessages } from "../../../src/pipeline/collect-vectors.ts";
import {
  changeQuarantined,
  countChangeable,
} from "../../../src/pipeline/quarantine/change-quarantined.ts";
import { listQuarantined } from "../../../src/pipeline/quarantine/list-quarantined.ts";
import { createCachedSurvey } from "../../../src/search/cached-survey.ts";
import { createNotes } from "../../../src/memory/notes.ts";
import { createQueryVectorCache } from "../../../src/search/query-vector-cache.ts";
import type { SearchDeps } from "../../../src/search/search-deps.ts";
import { search } from "../../../src/search/search.ts";
import { showRecord } from "../../../src/search/show-record.ts";
import { similar } from "../../../src/search/similar.ts";
import { createCallRecords } from "../../../src/status/call-records.ts";
import { watchEmbedder } from "../../../src/status/embedder-watch.ts";
import { NO_FACTS } from "../../../src/status/issues/facts.ts";
import { issuesOf } from "../../../src/status/issues/issues.ts";
import { factsOfProcess } from "../../../src/status/issues/process-facts.ts";
import { openHistory } from "../../../src/status/overview/history.ts";
import { readOverview } from "../../../src/status/overview/overview.ts";
import { createProbes, createReadiness } from "../../../src/status/readiness.ts";
import { readStatus } from "../../../src/status/status.ts";
import { createFanOut } from "../../../src/telemetry/fan-out.ts";
import { openMetrics } from "../../../src/telemetry/metrics/open-metrics.ts";
import type { SeedDocument } from "../../support/fakes/fake-log-store.ts";
import { otherModelsIn } from "../../support/other-models.ts";
import { createFakeErrorMemory } from "../../support/fakes/fake-error-memory.ts";
import { recordEvents } from "../../support/fakes/recorded-events.ts";
import { setUpBatch, type BatchSetup } from "../pipeline/batch-setup.ts";

export const TOKEN = "a-token-of-32-characters-0123456";

export type HttpOptions = {
  documents?: readonly SeedDocument[];
  settings?: Partial<HttpSettings>;
  parts?: Partial<HttpParts>;
  enrich?: BatchSetup;
  anomalies?: readonly Anomaly[];
};

/** The server over the real features, with everything round those in memory; closed with the test. */
export async function setUpHttp(
  t: Pick<TestContext, "after">,
  { documents = [], settings = {}, parts = {}, enrich = {}, anomalies = [] }: HttpOptions = {},
) {
  const core = setUpBatch(documents, enrich);
  const { store, state, clock, stop } = core;
  const { events: recorded, told, names } = recordEvents();
  const { events, listen } = createFanOut(recorded);
  const { signal } = new AbortController();
  const watched = watchEmbedder(core.embedder, clock, events);
  const readiness = createReadiness({
    probes: createProbes({
      store,
      embedder: core.embedder,
      records: createCallRecords(clock),
      clock,
    }),
    history: watched.history,
    breaker: () => readBreaker(state),
    clock,
  });
  const history = await openHistory({ role: "daemon", state, clock });
  const quarantine = { store, localQuarantine: core.localQuarantine, events };
  const searching: SearchDeps = {
    ...core,
    readSurvey: createCachedSurvey(core),
    queryVectors: createQueryVectorCache(state, core.embedder),
    otherModels: otherModelsIn(core),
    settings: { levels: ["error"], toShown: (text) => redact(text, "secrets") },
  };
  const metrics = openMetrics({
    memory: { now: () => ({ usedBytes: 181e6, limitBytes: 512e6 }) },
    version: "1.2.3",
    role: "daemon",
    clock,
    embedder: core.embedder,
    cycles: { next: () => undefined, longestGapMs: () => 600_000 },
    lastSuccessAt: undefined,
    consumer: undefined,
    asTemplates: false,
    readers: new Map(),
    deadLetterCodes: [],
    refusing: async () => (await readBreaker(state)) !== undefined,
    cycleShare: () => core.embedderLimits.cycleShare(),
    isDayReached: () => core.embedderLimits.isDayReached(),
    heldVectors: () => core.held.count(),
    issues: () =>
      issuesOf({
        ...NO_FACTS,
        ...factsOfProcess({ history, schedule: undefined, anomalies }),
        now: clock.now(),
      }),
  });
  core.listen(metrics.listener);
  listen(metrics.listener);
  const memory = createFakeErrorMemory();
  let cycles = 0;
  const deps = {
    version: "1.2.3",
    role: "daemon" as const,
    startedAt: clock.now(),
    clock,
    history,
    anomalies: () => [...anomalies],
  };
  const grouping = {
    groupCounts: store.groupCounts,
    memory: async () => memory,
    readSurvey: searching.readSurvey,
    clock,
    quiet: { leastMs: 6 * 3_600_000, factor: 10 },
    model: async () => "m",
    show: { toText: (text: string) => text, toShown: (text: string) => redact(text, "secrets") },
  };
  const all: HttpParts = {
    version: "1.2.3",
    clock,
    events,
    state,
    stop: stop.signals,
    readiness: () => readiness(signal),
    status: () =>
      readStatus(
        {
          store,
          state,
          localQuarantine: core.localQuarantine,
          processes: { livenessOf: () => "unknown" },
          clock,
          inForce: { model: core.embedder.model, dimensions: core.embedder.dimensions },
          otherModels: otherModelsIn(core),
          heldVectors: async () => core.held.count(),
        },
        signal,
      ),
    overview: (from) =>
      readOverview({
        ...deps,
        ...from,
        spentMonth: () => readSpentMonth(state, clock.now()),
        schedule: { next: () => undefined, longestGapMs: () => 600_000, batchSize: 100 },
        consumer: undefined,
        embedder: core.embedder,
      }),
    metrics: (known) => metrics.text(known),
    startCycle: () => {
      cycles++;
      return "started";
    },
    groups: createGroups(grouping),
    mcp: { writesNotes: false, pageUrl: undefined },
    explain: (subject, asked, progress) => {
      const find = (text: string) =>
        search(searching, { text, limit: 10, mode: "both" }, stop.signals);
      const rest = { store, find, language: "en" as const, state, events, llm: undefined };
      return explain({ ...grouping, ...rest }, subject, asked, progress);
    },
    compareStatistics: (query, asked) => {
      const { statistics } = store;
      const { readSurvey } = searching;
      return compareStatistics({ statistics, readSurvey, clock, indexPattern: "*" }, query, asked);
    },
    notes: createNotes({ memory: async () => memory, clock, remember: async () => undefined }),
    quarantine: {
      list: (what) => listQuarantined(quarantine, what, signal),
      count: (filter) => countChangeable(quarantine, { filter, action: "retry" }, signal),
      retry: (filter, stops) => changeQuarantined(quarantine, { filter, action: "retry" }, stops),
    },
    search: {
      search: (query, stops) => search(searching, query, stops),
      similar: (query, stops) => similar(searching, query, stops),
      record: (place) => showRecord(searching, place, signal),
    },
    embed: (messages, stops) =>
      embedMessages(
        { ...core, embedder: watched.embedder, admission: core.embedderLimits.for("guest") },
        messages,
        stops,
      ),
    ...parts,
  };
  const app = await buildServer(all, {
    corsOrigins: [],
    requestsPerMinute: 6000,
    // A busy machine loads what a test needs for longer than callers would have to bear.
    maxLoopDelayMs: 0,
    ...settings,
  });
  t.after(() => app.close());
  return { ...core, app, memory, told, names, history, httpParts: all, cycles: () => cycles };
}

/** A problem's answer, which always has this form. */
export function problemOf(response: LightMyRequestResponse): Record<string, unknown> {
  const type = String(response.headers["content-type"]);
  if (!type.startsWith("application/problem+json")) {
    throw new Error(`no problem, but ${response.statusCode} ${type} ${response.body}`);
  }
  return response.json<Record<string, unknown>>();
}

export function bearer(token: string = TOKEN) {
  return { authorization: `Bearer ${token}` };
}
