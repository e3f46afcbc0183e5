import autocannon from "autocannon";
import { freePorts } from "../local-servers/free-port.ts";
import type { Bench, Measured, Size } from "./bench.ts";
import { drainByDaemon } from "./daemon-drain.ts";
import { alternate, round, sampleOf, shown } from "./samples.ts";

type Amounts = { docs: number; rounds: number };

const AMOUNTS: Record<Size, Amounts> = {
  quick: { docs: 1000, rounds: 1 },
  normal: { docs: 10_000, rounds: 2 },
  full: { docs: 10_000, rounds: 4 },
};
const CONNECTIONS = 200;
/** They ask for so long, again and again until the drain is over. */
const SECONDS = 5;
/** As often as so many open pages would ask; whoever asks as often as he can measures how many cores there are. */
const REQUESTS_PER_SECOND = 100;
const PATHS = ["/", "/api/v1/status"];

type Loaded = { requests: number; errors: number; non2xx: number; p50Ms: number; p99Ms: number };

/** A drain of the daemon while two hundred connections ask for the page and the status, beside one that nobody looks at. */
export async function benchHttp(bench: Bench): Promise<Measured> {
  const { docs, rounds } = AMOUNTS[bench.size];
  const loads: Loaded[] = [];
  const drained = async (watched: boolean) => {
    const [port = 0] = await freePorts(1);
    const env = { HTTP_PORT: String(port), HTTP_REQUESTS_PER_MINUTE: "1000000" };
    const url = `http://127.0.0.1:${port}`;
    const meanwhile = async (ended: AbortSignal) => {
      while (!ended.aborted) loads.push(await ask(url));
    };
    const options = watched ? { env, meanwhile } : { env };
    return (await drainByDaemon(bench, docs, options)).docsPerSecond;
  };
  const measured = await alternate<string>(rounds, {
    alone: (number) => {
      bench.say(`Round ${number + 1} of ${rounds}: a drain that nobody looks at`);
      return drained(false);
    },
    watched: () => {
      bench.say(`  and one that ${CONNECTIONS} connections look at`);
      return drained(true);
    },
  });
  const [quiet, busy] = [sampleOf(measured["alone"] ?? []), sampleOf(measured["watched"] ?? [])];
  const slower = round(1 - busy.median / quiet.median, 3);
  const sum = (name: "requests" | "errors" | "non2xx") =>
    loads.reduce((all, one) => all + one[name], 0);
  const figures = {
    docs,
    connections: CONNECTIONS,
    requests_per_second: REQUESTS_PER_SECOND,
    docs_per_second_alone: quiet,
    docs_per_second_watched: busy,
    slowed_down_by: slower,
    requests: sum("requests"),
    errors: sum("errors"),
    refusals: sum("non2xx"),
    p50_ms: sampleOf(loads.map(({ p50Ms }) => p50Ms)).median,
    p99_ms: sampleOf(loads.map(({ p99Ms }) => p99Ms)).median,
  };
  const row = {
    what: `drain under ${CONNECTIONS} connections (${figures.errors + figures.refusals} errors in ${figures.requests})`,
    value: shown(busy, "docs/s"),
    reference: `alone ${shown(quiet, "docs/s")}`,
    ratio: round(busy.median / quiet.median, 3),
  };
  return { figures, rows: [row] };
}

async function ask(url: string): Promise<Loaded> {
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    duration: SECONDS,
    overallRate: REQUESTS_PER_SECOND,
    requests: PATHS.map((path) => ({ path })),
  });
  const { requests, errors, non2xx, latency } = result;
  return {
    requests: requests.total,
    errors,
    non2xx,
    p50Ms: latency.p50,
    p99Ms: latency.p99,
  };
}
