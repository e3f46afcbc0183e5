import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import { judgeNew } from "../../../../scripts/bench/nezha/judge-new.ts";
import { judgePastCases, rankFigures } from "../../../../scripts/bench/nezha/judge-past-cases.ts";
import { readNezha, type NezhaDay } from "../../../../scripts/bench/nezha/read-nezha.ts";

const MINUTE = 60_000;
const QUIET = { leastMs: 3 * MINUTE, factor: 0 };

/** Faults, and errors as [minute, service, group, records in that minute]. */
function dayOf(
  faults: [minute: number, service: string, kind: string][],
  errors: [minute: number, service: string, group: string, count: number][],
): NezhaDay {
  return {
    day: "2023-01-29",
    faults: faults.map(([minute, service, kind]) => ({ atMs: minute * MINUTE, service, kind })),
    errors: errors.flatMap(([minute, service, group, count]) =>
      Array.from({ length: count }, (_, i) => ({
        atMs: minute * MINUTE + i,
        service,
        group,
        text: group,
      })),
    ),
  };
}

test("a repeat is right where the first past case is of the same fault, and not of another", () => {
  const day = dayOf(
    [
      [10, "shop", "exception"],
      [20, "pay", "exception"],
      [30, "shop", "exception"],
      [40, "pay", "exception"],
    ],
    [
      [10, "shop", "a", 5],
      [20, "pay", "b", 5],
      [30, "shop", "a", 5],
      // Of the other service's fault, and never before of this one's.
      [40, "pay", "a", 5],
    ],
  );
  const { repeats, firsts } = judgePastCases(day, QUIET, new Map(), "injected service");
  assert.deepEqual(
    repeats.map(({ rank, latestRank }) => [rank, latestRank]),
    [
      [1, 2],
      [3, 2],
    ],
  );
  assert.deepEqual(
    firsts.map(({ fault }) => fault.atMs / MINUTE),
    [20],
  );
});

test("who asks about the loudest group of all may ask about another's noise", () => {
  const day = dayOf(
    [
      [10, "shop", "return"],
      [20, "shop", "return"],
    ],
    [
      [5, "noise", "n", 9],
      [10, "shop", "a", 5],
      [20, "shop", "a", 5],
      [20, "noise", "n", 90],
    ],
  );
  const ranks = (about: "injected service" | "any service") =>
    judgePastCases(day, QUIET, new Map(), about).repeats.map(({ rank }) => rank);
  assert.deepEqual([ranks("injected service"), ranks("any service")], [[1], [2]]);
});

test("a repeat that logs nothing, or whose earlier ones logged nothing, is not asked about", () => {
  const day = dayOf(
    [
      [10, "shop", "return"],
      [20, "shop", "return"],
      [30, "shop", "return"],
    ],
    [[20, "shop", "a", 5]],
  );
  const { repeats, notAsked } = judgePastCases(day, QUIET, new Map(), "injected service");
  assert.deepEqual(repeats, []);
  assert.deepEqual(notAsked, ["no earlier one logged an error", "logs no error"]);
});

test("a repeat within the quiet of the first is told as the same episode, and is no hit", () => {
  const day = dayOf(
    [
      [10, "shop", "return"],
      [13, "shop", "return"],
    ],
    [
      [11, "shop", "a", 5],
      [13, "shop", "a", 5],
    ],
  );
  const [repeat] = judgePastCases(day, QUIET, new Map(), "injected service").repeats;
  assert.deepEqual([repeat?.ongoing, repeat?.rank], [true, undefined]);
});

test("what is not found counts as a miss", () => {
  assert.deepEqual(rankFigures([1, 2, undefined, 1]), {
    asked: 4,
    hit_at_1: 0.5,
    hit_at_3: 0.75,
    mrr: 0.625,
  });
});

test("a group told as new hits the fault that it is told within, and its service", () => {
  const day = dayOf(
    [
      [10, "shop", "return"],
      [20, "pay", "return"],
      [30, "pay", "return"],
    ],
    [
      [10, "shop", "a", 5],
      [21, "shop", "b", 5],
      [30, "pay", "c", 2],
    ],
  );
  const told = judgeNew(day, QUIET);
  assert.deepEqual(
    [told.new, told.faults_hit, told.faults_hit_in_own_service, told.faults],
    [2, 2, 1, 3],
  );
});

test("records that stand in two files are read once, and only errors", async (t: TestContext) => {
  const folder = await mkdtemp(join(tmpdir(), "nezha-"));
  t.after(() => rm(folder, { recursive: true }));
  assert.deepEqual(await readNezha(folder), []);
  const day = join(folder, "nezha", "rca_data", "2023-01-29");
  await mkdir(join(day, "log"), { recursive: true });
  const fault = {
    inject_time: "2023-01-29 08:43:04",
    inject_pod: "ts-shop-service-866bd68c97-xcqfx",
    inject_type: "return",
  };
  await writeFile(join(day, "2023-01-29-fault_list.json"), JSON.stringify({ "08": [fault] }));
  const line = (level: string, second: string) =>
    `2023-01-29T08:43:${second}Z,ts-shop-service-866bd68c97-xcqfx,t1,` +
    `"{""log"":""16:43:${second}.123 ${level}  c.s.Shop#37 TraceID: a1 no ERROR-free order, ${second}\\n""}"`;
  const structured = (severity: string, second: string) => {
    const log = JSON.stringify({ severity, message: "no order" });
    const column = JSON.stringify({ log }).replaceAll('"', '""');
    return `2023-01-29T08:43:${second}Z,cart-79f59597d-wc2lz,t2,"${column}"`;
  };
  const plain = (...lines: string[]) => ["Timestamp,PodName,TraceID,Log", ...lines].join("\n");
  await writeFile(join(day, "log", "08_43_log.csv.gz"), gzipSync(plain(line("ERROR", "26"))));
  await writeFile(
    join(day, "log", "08_44_log.csv"),
    plain(
      line("ERROR", "26"),
      line("ERROR", "29"),
      line("INFO", "30"),
      structured("info", "31"),
      structured("error", "32"),
    ),
  );
  const [read] = await readNezha(folder);
  assert.deepEqual(read?.faults, [
    { atMs: Date.UTC(2023, 0, 29, 8, 43, 4), service: "ts-shop-service", kind: "return" },
  ]);
  assert.deepEqual(
    read.errors.map(({ atMs, service }) => [new Date(atMs).getUTCSeconds(), service]),
    [
      [26, "ts-shop-service"],
      [29, "ts-shop-service"],
      [32, "cart"],
    ],
  );
  const [first, second, third] = read.errors;
  assert.equal(first?.group, second?.group);
  assert.notEqual(first?.group, third?.group);
  assert.equal(third?.text, "no order");
});
