import type { RecordStore } from "../../src/ports/record-store.ts";
import { openRealStore } from "../../test/support/servers/real-store.ts";
import { DIMENSIONS, type Bench, type Measured, type Row, type Size } from "./bench.ts";
import { createBenchIndex, send, type BenchIndex } from "./index.ts";
import { indexLogs, makeLogs } from "./logs.ts";
import { sampleOf, shown, timeEach, type Sample } from "./samples.ts";

type Case = { indices: number; backlog: number };
const CASES: Record<Size, readonly Case[]> = {
  quick: [
    { indices: 1, backlog: 1000 },
    { indices: 5, backlog: 1000 },
  ],
  normal: [
    { indices: 1, backlog: 1000 },
    { indices: 1, backlog: 100_000 },
    { indices: 100, backlog: 100_000 },
  ],
  full: [
    { indices: 1, backlog: 1000 },
    { indices: 1, backlog: 100_000 },
    { indices: 1, backlog: 1_000_000 },
    { indices: 100, backlog: 100_000 },
    { indices: 2000, backlog: 100_000 },
  ],
};
const GOES: Record<Size, number> = { quick: 5, normal: 15, full: 15 };
const PAGE = 100;
/** Of one node by default: too few for two thousand indices beside what else there is. */
const MAX_SHARDS = 5000;

type Times = Case & {
  preflight_first_ms: Sample;
  preflight_again_ms: Sample;
  newest_first_ms: Sample;
  drain_page_ms: Sample;
};

/** How long OpenSearch and the client take to find the next hundred, and to judge the indices. */
export async function benchSelect(bench: Bench): Promise<Measured> {
  const url = await bench.openSearch();
  await send(url, "PUT", "/_cluster/settings", {
    persistent: { "cluster.max_shards_per_node": MAX_SHARDS },
  });
  const cases: Times[] = [];
  for (const one of CASES[bench.size]) {
    bench.say(`Selecting: backlog ${one.backlog} in ${one.indices} indices`);
    cases.push(await measureCase(bench, url, one));
  }
  return { figures: { page: PAGE, cases }, rows: cases.flatMap(rowsOf) };
}

async function measureCase(bench: Bench, url: string, one: Case): Promise<Times> {
  const { signal } = bench;
  const prefix = `bench_select_${one.indices}_${one.backlog}`;
  const indices: BenchIndex[] = [];
  try {
    for (let number = 0; number < one.indices; number++) {
      const index = await createBenchIndex(url, { name: `${prefix}_${number}` });
      indices.push(index);
      const logs = makeLogs(`${number}`, Math.ceil(one.backlog / one.indices), () => "ERROR");
      await indexLogs(index, logs);
      await index.refresh();
    }
    const at = { url, pattern: `${prefix}_*` };
    const store = await openRealStore(at, { dimensions: DIMENSIONS });
    const goes = GOES[bench.size];
    const first = await timeEach(1, () => store.survey(signal));
    const again = await timeEach(goes, () => store.survey(signal));
    const query = {
      indices: indices.map(({ name }) => name),
      limit: PAGE,
      excludeKeys: [],
    };
    const newest = await timeEach(goes, () => store.findPending(query, signal));
    const page = await timePages(store, indices[0]?.name ?? "", goes, signal);
    await store.close();
    return {
      ...one,
      preflight_first_ms: first,
      preflight_again_ms: again,
      newest_first_ms: newest,
      drain_page_ms: page,
    };
  } finally {
    for (const index of indices) await index.drop();
  }
}

/** Of the pages that have records; behind the last there is nothing to time. */
async function timePages(
  store: RecordStore,
  index: string,
  goes: number,
  signal: AbortSignal,
): Promise<Sample> {
  await using scan = await store.openScan(index, signal);
  const times: number[] = [];
  for (let go = 0; go < goes; go++) {
    const startedAt = performance.now();
    const page = await scan.next(PAGE, signal);
    if (page.length === 0) break;
    times.push(performance.now() - startedAt);
  }
  return sampleOf(times);
}

function rowsOf(times: Times): Row[] {
  const where = `${times.backlog} pending, ${times.indices} ${times.indices === 1 ? "index" : "indices"}`;
  return [
    { what: `preflight, again: ${where}`, value: shown(times.preflight_again_ms, "ms") },
    { what: `newest hundred: ${where}`, value: shown(times.newest_first_ms, "ms") },
    { what: `a drain's page: ${where}`, value: shown(times.drain_page_ms, "ms") },
  ];
}
