import { setTimeout as sleep } from "node:timers/promises";
import type { OpenSearchFault } from "../../test/support/servers/open-search-faults.ts";
import type { StubFault } from "../../test/support/servers/stub-fault.ts";
import type { Crew } from "./crew.ts";
import { createRandom, type Random } from "./random.ts";
import { isPoison } from "./shipper.ts";
import type { World } from "./world.ts";

type Parts = {
  world: World;
  crew: Crew;
  seed: number;
  /** Those that are never taken down. */
  spared: readonly string[];
  say: (line: string) => void;
};

/** Everything that goes wrong, until it is told to stop; then nothing does any longer. Returns how often what did. */
export async function upset(parts: Parts, stop: AbortSignal): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const count = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  const every = (low: number, high: number, purpose: string, work: Work) =>
    repeat(createRandom(parts.seed, purpose), { low, high }, work, stop);
  refusePoison(parts.world);
  await Promise.all([
    every(1, 4, "embedder", async (random) => count(`embedder ${upsetEmbedder(parts, random)}`)),
    every(1, 5, "opensearch", async (random) =>
      count(`opensearch ${upsetOpenSearch(parts, random)}`),
    ),
    every(20, 40, "processes", async (random) => count(await takeDown(parts, random))),
    every(50, 120, "broker", async (random) => {
      count("broker restarted");
      await restart(parts, "the broker", parts.world.broker, random.between(1, 5));
    }),
    every(70, 170, "server", async (random) => {
      count("opensearch killed");
      await restart(parts, "OpenSearch", parts.world.openSearch, random.between(0, 2));
    }),
  ]);
  refusePoison(parts.world);
  parts.world.proxy.clear();
  return counts;
}

type Work = (random: Random) => Promise<void>;

async function repeat(
  random: Random,
  { low, high }: { low: number; high: number },
  work: Work,
  stop: AbortSignal,
): Promise<void> {
  for (;;) {
    await sleep(random.between(low, high) * 1000, undefined, { signal: stop }).catch(
      () => undefined,
    );
    if (stop.aborted) return;
    await work(random);
  }
}

/** Takes all faults of the embedder away but this one. */
function refusePoison({ stub }: World): void {
  stub.setFault(null);
  stub.setFault({ kind: "refused", quote: true }, { texts: (texts) => texts.some(isPoison) });
}

function upsetEmbedder({ world }: Parts, random: Random): string {
  const fault = random.pick(embedderFaults(random));
  world.stub.setFault(fault, { next: Math.ceil(random.between(0, 3)) });
  return fault.kind === "status" ? `status ${fault.status}` : fault.kind;
}

function embedderFaults(random: Random): [StubFault, ...StubFault[]] {
  const soon = new Date(Date.now() + random.between(0, 3000));
  return [
    { kind: "rate_limit", retryAfter: { seconds: Math.round(random.between(0, 3)) } },
    { kind: "rate_limit", retryAfter: { ms: Math.round(random.between(0, 2000)) } },
    { kind: "rate_limit", retryAfter: { date: soon } },
    { kind: "rate_limit" },
    { kind: "status", status: 500 },
    { kind: "status", status: 503, retryAfter: { seconds: 1 } },
    { kind: "status", status: 502, body: "<html><h1>502 Bad Gateway</h1></html>" },
    { kind: "closes" },
    { kind: "hangs" },
    { kind: "html" },
    { kind: "shuffled" },
    { kind: "short", count: 2 },
    { kind: "long", count: 2 },
    { kind: "one_index" },
    { kind: "nan" },
    { kind: "zero" },
    { kind: "wrong_dimension", dimensions: 8 },
    { kind: "floats_for_base64" },
    { kind: "no_usage" },
    { kind: "unauthorized" },
    { kind: "insufficient_quota" },
  ];
}

function upsetOpenSearch({ world }: Parts, random: Random): string {
  const [what, which, fault] = random.pick(openSearchFaults(random));
  world.proxy.fail(which, fault, { next: Math.ceil(random.between(0, 3)) });
  return what;
}

const BULK = /_bulk/;
const ANY = /_bulk|_m?search|_mget/;
const TOO_MANY = {
  error: {
    type: "rejected_execution_exception",
    reason: "rejected execution of coordinating operation",
  },
  status: 429,
};

type Trouble = [what: string, which: RegExp, fault: OpenSearchFault];

function openSearchFaults(random: Random): [Trouble, ...Trouble[]] {
  const ms = Math.round(random.between(200, 3000));
  const full = {
    status: 429,
    error: { type: "rejected_execution_exception", reason: "queue full" },
  };
  return [
    ["busy", ANY, { kind: "answers", status: 429, body: TOO_MANY }],
    [
      "busy, told when",
      BULK,
      { kind: "answers", status: 429, headers: { "retry-after": "1" }, body: TOO_MANY },
    ],
    ["away", ANY, { kind: "answers", status: 503, body: "<html><h1>503</h1></html>" }],
    ["slow", ANY, { kind: "delays", ms }],
    ["cut before", ANY, { kind: "cuts", where: "before" }],
    ["cut in the request", BULK, { kind: "cuts", where: "in-request" }],
    ["cut before the answer", BULK, { kind: "cuts", where: "before-answer" }],
    ["cut in the answer", ANY, { kind: "cuts", where: "in-answer" }],
    [
      "items refused",
      BULK,
      { kind: "items", answers: ({ id }) => (id.endsWith("7") ? full : undefined) },
    ],
  ];
}

async function takeDown({ crew, spared, say }: Parts, random: Random): Promise<string> {
  const [first, ...more] = crew.names().filter((name) => !spared.includes(name));
  const signal = random.pick(["SIGKILL", "SIGTERM"] as const);
  if (first === undefined) return "nobody to take down";
  const name = random.pick([first, ...more]);
  say(`${signal} to ${name}, and a new one`);
  await crew.end(name, signal);
  crew.start(name);
  return signal;
}

async function restart(
  { say }: Parts,
  what: string,
  server: World["openSearch" | "broker"],
  seconds: number,
): Promise<void> {
  say(`${what} goes down`);
  await server.kill();
  await sleep(seconds * 1000);
  await server.start();
  say(`${what} is back`);
}
