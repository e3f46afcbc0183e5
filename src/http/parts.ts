import type { ExplainAnswer } from "../analysis/explanation/explain-answer.ts";
import type { Progress } from "../analysis/explanation/explain.ts";
import type { Subject } from "../analysis/explanation/gather-evidence.ts";
import type { Groups } from "../analysis/groups.ts";
import type { CompareStatistics } from "../analysis/statistics/compare-statistics.ts";
import type { EmbeddedMessages, Message } from "../pipeline/collect-vectors.ts";
import type { Changed } from "../pipeline/quarantine/change-quarantined.ts";
import type { QuarantineList, Unread } from "../pipeline/quarantine/quarantine-answer.ts";
import type { QuarantineFilter } from "../pipeline/quarantine/quarantined.ts";
import type { McpParts } from "../mcp/tools.ts";
import type { Notes } from "../memory/notes.ts";
import type { Clock } from "../ports/clock.ts";
import type { HttpEvents } from "../ports/events.ts";
import type { StateStore } from "../ports/state-store.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { Tracer } from "../ports/tracer.ts";
import type { RecordAddress } from "../search/locate-record.ts";
import type { RecordAnswer, SearchAnswer } from "../search/search-answer.ts";
import type { SearchQuery } from "../search/search.ts";
import type { SimilarQuery } from "../search/similar.ts";
import type { Overview } from "../status/overview/overview.ts";
import type { Readiness } from "../status/ready-answer.ts";
import type { Status } from "../status/status-shape.ts";
import type { MetricsText } from "../telemetry/metrics/meters.ts";
import type { Known } from "../telemetry/metrics/open-metrics.ts";

/** What the server answers from. What throws, throws a Fault. */
export type HttpParts = {
  version: string;
  clock: Clock;
  events: HttpEvents;
  /** Keeps which sessions were ended. */
  state: Pick<StateStore, "load" | "change">;
  /** Default: none. */
  tracer?: Tracer;
  /** Ends what requests have begun. */
  stop: StopSignals;
  readiness(): Promise<Readiness>;
  status(): Promise<Status>;
  /** Made of answers that others share. */
  overview(from: Pick<HttpParts, "readiness" | "status">): Promise<Overview>;
  /** Sends no request: shows what is counted, and the latest answers. */
  metrics(known: Known): Promise<MetricsText>;
  /** Undefined where this process runs no cycles. */
  startCycle: (() => "started" | "running" | "stopping") | undefined;
  quarantine: {
    list(
      what: { filter: QuarantineFilter; limit: number },
      signal: AbortSignal,
    ): Promise<QuarantineList>;
    count(
      filter: QuarantineFilter,
      signal: AbortSignal,
    ): Promise<Pick<Changed, "matched" | keyof Unread>>;
    retry(filter: QuarantineFilter, stop: StopSignals): Promise<Changed>;
  };
  /** All throw a SearchRefused too. */
  search: {
    search(query: SearchQuery, stop: StopSignals): Promise<SearchAnswer>;
    similar(query: SimilarQuery, stop: StopSignals): Promise<SearchAnswer>;
    record(place: RecordAddress, stop: StopSignals): Promise<RecordAnswer>;
  };
  groups: Groups;
  /** Throws a SearchRefused too. */
  explain(subject: Subject, signal: AbortSignal, progress?: Progress): Promise<ExplainAnswer>;
  compareStatistics: CompareStatistics;
  /** All throw a MemoryRefused too. */
  notes: Notes;
  /** What agents may do, and where people see errors. */
  mcp: Pick<McpParts, "writesNotes" | "pageUrl">;
  embed(messages: readonly Message[], stop: StopSignals): Promise<EmbeddedMessages>;
};

export type HttpSettings = {
  /** Where the event loop is later than this, strangers wait; 0: never. */
  maxLoopDelayMs?: number;
  /** Absent: every client that reaches the port may. */
  token?: string;
  corsOrigins: readonly string[];
  /** Addresses and networks whose X-Forwarded-For is believed. Default: none. */
  trustedProxies?: readonly string[];
  requestsPerMinute: number;
};
