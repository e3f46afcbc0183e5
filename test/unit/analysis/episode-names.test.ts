import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryStore } from "../../../scripts/quickstart/memory/memory-store.ts";
import { createErrorWatch, type ErrorWatchDeps } from "../../../src/analysis/error-watch.ts";
import { groupOf } from "../../../src/domain/group.ts";
import { Fault } from "../../../src/domain/faults.ts";
import type { ErrorAlert } from "../../../src/domain/memory/error-alert.ts";
import { createFakeErrorMemory } from "../../support/fakes/fake-error-memory.ts";
import { stubVector } from "../../support/fakes/stub-vector.ts";

const { signal } = new AbortController();
const START = Date.UTC(2026, 0, 10, 12, 0);
const MINUTE = 60_000;
const MODEL = { model: "local-hashing", dimensions: 8 };
const TEXT = "Connection refused";
const GROUP = groupOf({ text: TEXT, service: "payment" }).group;

/** A watch of records that name their hosts and versions, in minutes since noon. */
function setUp({ quietMinutes = 3 } = {}) {
  const memory = createFakeErrorMemory();
  const store = createMemoryStore({ levels: ["ERROR"], now: () => now });
  const told: ErrorAlert[] = [];
  let [now, ids, asked] = [START, 0, 0];
  let fault: Fault | undefined;
  const deps: ErrorWatchDeps = {
    groupCounts: {
      ...store,
      async countNames(query, stop) {
        asked++;
        assert.ok(query.runs.length <= 20 && query.runs.length * query.limit <= 2000);
        if (fault) throw fault;
        return store.countNames(query, stop);
      },
    },
    readSurvey: store.survey,
    memory: async () => memory,
    clock: { now: () => now },
    quiet: { leastMs: quietMinutes * MINUTE, factor: 0 },
    show: { toText: (message) => message, toShown: (text) => text },
    isWanted: false,
    maxGroups: 100,
    maxAgeMs: 60 * MINUTE,
    model: async () => MODEL.model,
    findVectors: async (hashes) =>
      new Map(hashes.map((hash) => [hash, { vector: stubVector(hash, 8), truncated: false }])),
    tell: async (alert) => void told.push(alert),
  };
  let watch = createErrorWatch(deps);
  return {
    told,
    log(minute: number, host: string, version: string, { text = TEXT, count = 1 } = {}) {
      const stamp = { text_hash: text, group: groupOf({ text, service: "payment" }).group };
      store.seed(
        Array.from({ length: count }, () => ({
          index: "app_logs",
          id: `log-${ids++}`,
          source: {
            "@timestamp": new Date(START + minute * MINUTE).toISOString(),
            level: "ERROR",
            message: text,
            "service.name": "payment",
            "service.version": version,
            host: { name: host },
            log_vector: [...stubVector(text, 8)],
            log_vector_meta: { ...MODEL, ...stamp },
          },
        })),
      );
    },
    /** Looks at that minute; answers how often the store was asked for names. */
    async look(minute: number) {
      now = START + minute * MINUTE;
      asked = 0;
      await watch.look(signal);
      return asked;
    },
    restart() {
      watch = createErrorWatch(deps);
    },
    break(with_: Fault | undefined) {
      fault = with_;
    },
    kept: () =>
      [...memory.kept.episodes.values()]
        .filter(({ group }) => group === GROUP)
        .toSorted((a, b) => (a.from < b.from ? -1 : 1))
        .map(({ hosts, versions, ended }) => ({ hosts, versions, ended })),
  };
}

test("an episode is kept with its hosts and versions as it begins and as it ends, and asked for only then", async () => {
  const { log, look, kept } = setUp();
  log(1, "db-1", "1.2");
  assert.equal(await look(2), 1);
  assert.deepEqual(kept(), [{ hosts: ["db-1"], versions: ["1.2"], ended: false }]);
  log(2, "db-2", "1.2", { count: 2 });
  assert.equal(await look(3), 0);
  assert.equal(await look(9), 1);
  assert.deepEqual(kept(), [{ hosts: ["db-2", "db-1"], versions: ["1.2"], ended: true }]);
  assert.equal(await look(10), 0);
});

test("the hosts of an episode are those of all its records, also from before a restart", async () => {
  const { log, look, restart, kept } = setUp({ quietMinutes: 360 });
  for (const [minute, host] of [
    [-50, "db-0"],
    [0, "db-1"],
    [300, "db-2"],
  ] as const) {
    log(minute, host, "1.2");
    await look(minute + 1);
  }
  restart();
  await look(662);
  assert.deepEqual(kept(), [{ hosts: ["db-0", "db-1", "db-2"], versions: ["1.2"], ended: true }]);
});

test("at most ten hosts are kept, the most frequent ones, and many episodes are asked for together", async () => {
  const { log, look, kept } = setUp();
  for (let i = 0; i < 12; i++) log(1, `host-${i}`, "1", { count: i + 1 });
  for (let i = 0; i < 30; i++)
    log(1, "db-1", "1", {
      text: `cannot ${"abcdefghij".charAt(i % 10)}${"klm".charAt(i / 10)} it`,
    });
  assert.equal(await look(2), 2);
  assert.deepEqual(
    kept()[0]?.hosts,
    Array.from({ length: 10 }, (_, i) => `host-${11 - i}`),
  );
});

test("where names cannot be counted the episode is kept without them, told all the same, and has them at its end", async () => {
  const { log, look, kept, told, ...store } = setUp();
  await look(0);
  store.break(new Fault("outage", "OpenSearch does not answer"));
  log(1, "db-1", "1.2", { count: 3 });
  await look(2);
  assert.deepEqual(kept(), [{ hosts: [], versions: [], ended: false }]);
  assert.deepEqual(
    told.map(({ kind }) => kind),
    ["new"],
  );
  store.break(undefined);
  await look(9);
  assert.deepEqual(kept(), [{ hosts: ["db-1"], versions: ["1.2"], ended: true }]);
});

test("what is back on another host and with another version is told so, beside its past case", async () => {
  const { log, look, told } = setUp();
  await look(0);
  log(1, "db-1", "1.2", { count: 3 });
  await look(2);
  await look(9);
  told.length = 0;
  log(20, "db-3", "1.2");
  await look(21);
  const [back] = told;
  assert.equal(back?.kind, "back");
  assert.deepEqual(back?.like?.hosts, { now: ["db-3"], before: ["db-1"] });
  assert.equal(back?.like?.versions, undefined);
});
