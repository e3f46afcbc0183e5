export type Room = {
  /** What is found there. */
  holds: string;
  /** The rooms whose files its files import: no other, and each of these at least once. */
  imports: readonly string[];
};

/**
 * The rooms of `src`, from the ground up: one imports only what stands before it. This table is the one place that says who
 * may import whom; a test holds it, and the picture in ARCHITECTURE.md is drawn from it.
 */
export const ROOMS: Readonly<Record<string, Room>> = {
  domain: {
    holds:
      "records, texts, vectors, stamps, outcomes, faults; redaction; how log lines look. Plain functions",
    imports: [],
  },
  config: {
    holds: "settings: where they come from, how they are checked and described",
    imports: [],
  },
  ports: {
    holds: "what the product asks of a store, a stream, an embedder, a clock, a state store",
    imports: ["domain"],
  },
  concurrency: {
    holds: "semaphore, wakeup, single flight, adaptive limit, steady clock",
    imports: ["domain", "ports"],
  },
  limits: {
    holds: "admission of embedding requests: rate, budget, circuit breaker",
    imports: ["domain", "ports", "concurrency"],
  },
  pipeline: {
    holds: "a batch of records from its texts to its vectors and its outcomes; quarantine",
    imports: ["domain", "ports", "concurrency", "limits"],
  },
  backfill: {
    holds: "cycle, drain, reembed, schedule, publishing references for workers",
    imports: ["domain", "ports", "concurrency", "pipeline"],
  },
  stream: {
    holds: "consuming messages, dead letters and their replay, leader election",
    imports: ["domain", "ports", "concurrency", "pipeline"],
  },
  search: {
    holds: "finding records by meaning and grouping what is found",
    imports: ["domain", "ports", "concurrency", "pipeline"],
  },
  memory: {
    holds: "the memory of errors: groups, episodes, decisions about them, and notes",
    imports: ["domain", "ports"],
  },
  analysis: {
    holds:
      "errors as groups: their counts, states and examples; episodes, what rose with one, past cases, alike groups, what is new, back or a spike; what a sample tells beside the store's counts",
    imports: ["domain", "ports", "search", "memory"],
  },
  status: {
    holds: "check, status, readiness, heartbeats, recent history",
    imports: ["domain", "ports", "concurrency", "limits", "pipeline"],
  },
  telemetry: {
    holds: "log lines, events, metrics, traces",
    imports: ["domain", "ports", "status"],
  },
  alerting: {
    holds: "messages to people about issues and errors, once each, and when they end; anomalies",
    imports: ["domain", "ports", "concurrency", "status", "telemetry"],
  },
  mcp: {
    holds: "what agents ask by the Model Context Protocol: tools and a resource",
    imports: ["domain", "ports", "search", "memory", "analysis", "telemetry"],
  },
  http: {
    holds: "health, API, sign-in, the page",
    imports: [
      "domain",
      "ports",
      "concurrency",
      "pipeline",
      "search",
      "memory",
      "analysis",
      "status",
      "telemetry",
      "mcp",
    ],
  },
  adapters: {
    holds: "OpenSearch, Kafka, the embedders, the state directory, traces, alert channels",
    imports: ["domain", "ports", "concurrency"],
  },
  app: {
    holds:
      "the composition root: configuration → adapters → features → roles; the only room that imports adapters",
    imports: [
      "domain",
      "config",
      "ports",
      "limits",
      "pipeline",
      "backfill",
      "stream",
      "search",
      "memory",
      "analysis",
      "status",
      "telemetry",
      "alerting",
      "http",
      "adapters",
    ],
  },
  cli: {
    holds: "the commands, their arguments and what they print",
    imports: [
      "domain",
      "config",
      "ports",
      "pipeline",
      "backfill",
      "stream",
      "search",
      "memory",
      "analysis",
      "status",
      "telemetry",
      "alerting",
      "mcp",
      "app",
    ],
  },
};
