import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryStore } from "../../../scripts/quickstart/memory/memory-store.ts";
import { createErrorWatch } from "../../../src/analysis/error-watch.ts";
import { groupInState } from "../../../src/domain/memory/group.ts";
import { groupOf } from "../../../src/domain/group.ts";
import { MemoryFault } from "../../../src/domain/memory/memory-fault.ts";
import type { ErrorAlert } from "../../../src/domain/memory/error-alert.ts";
import type { ErrorMemory } from "../../../src/ports/error-memory.ts";
import { createFakeErrorMemory } from "../../support/fakes/fake-error-memory.ts";
import { stubVector } from "../../support/fakes/stub-vector.ts";

const { signal } = new AbortController();
const START = Date.UTC(2026, 0, 10, 12, 0);
const MINUTE = 60_000;
const MODEL = { model: "local-hashing", dimensions: 8 };

/** Records of a store, watched by one or several processes, in minutes since noon. */
function setUp({ quietMinutes = 3, isWanted = false } = {}) {
  const memory = createFakeErrorMemory();
  let now = START;
  let ids = 0;
  const store = createMemoryStore({ levels: ["ERROR"], now: () => now });
  const told: ErrorAlert[] = [];
  const start = (own: ErrorMemory = memory) =>
    createErrorWatch({
      groupCounts: store,
      readSurvey: store.survey,
      memory: async () => own,
      clock: { now: () => now },
      quiet: { leastMs: quietMinutes * MINUTE, factor: 0 },
      show: { toText: (message) => message, toShown: (text) => text },
      isWanted,
      maxGroups: 100,
      maxAgeMs: 60 * MINUTE,
      model: async () => MODEL.model,
      findVectors: async (hashes) =>
        new Map(hashes.map((hash) => [hash, { vector: stubVector(hash, 8), truncated: false }])),
      tell: async (alert) => void told.push(alert),
    });
  return {
    memory,
    told,
    start,
    /** So many errors at that minute. */
    log(minute: number, text: string, count = 1, service = "payment") {
      store.seed(
        Array.from({ length: count }, (_, i) => ({
          index: "app_logs",
          id: `log-${ids++}`,
          source: {
            "@timestamp": new Date(START + minute * MINUTE + i).toISOString(),
            level: "ERROR",
            message: text,
            service: { name: service },
            log_vector: [...stubVector(text, 8)],
            log_vector_meta: { ...MODEL, text_hash: text, group: idOf(text, service) },
          },
        })),
      );
    },
    at(minute: number) {
      now = START + minute * MINUTE;
    },
    kinds: () => told.splice(0).map(({ kind }) => kind),
  };
}
const idOf = (text: string, service = "payment") => groupOf({ text, service }).group;

test("a new group is told once, by whichever of two processes looks first, and not again after a restart", async () => {
  const { start, log, at, told, kinds } = setUp();
  const [a, b] = [start(), start()];
  await a.look(signal);
  log(1, "Connection refused", 3);
  at(2);
  await Promise.all([a.look(signal), b.look(signal)]);
  assert.deepEqual(
    told.map(({ kind, service, count, since, template }) => ({
      kind,
      service,
      count,
      since,
      template,
    })),
    [
      {
        kind: "new",
        service: "payment",
        count: 3,
        since: START + MINUTE,
        template: "Connection refused",
      },
    ],
  );
  assert.deepEqual(kinds(), ["new"]);
  await start().look(signal);
  log(2, "Connection refused", 9);
  await a.look(signal);
  await b.look(signal);
  assert.deepEqual(kinds(), []);
});

test("what is back is told with the past case and the note of it, and its end is told", async () => {
  const { start, log, at, told, memory, kinds } = setUp();
  const watch = start();
  log(1, "Connection refused", 3);
  at(2);
  await watch.look(signal);
  at(10);
  await watch.look(signal);
  assert.deepEqual(kinds(), ["new", "ended"]);
  await memory.notes.add(
    {
      id: "n1",
      group: idOf("Connection refused"),
      episode: null,
      cause: "pool exhausted",
      fix: "restart it",
      link: null,
      author: "kim",
      at: new Date(START).toISOString(),
    },
    signal,
  );
  log(15, "Connection refused", 2);
  at(16);
  await watch.look(signal);
  const [alert] = told;
  assert.equal(alert?.kind, "back");
  assert.equal(alert?.silent, 14 * MINUTE);
  assert.equal(alert?.like?.note?.cause, "pool exhausted");
  assert.equal(alert?.like?.same_group, true);
  assert.equal(alert?.like?.from, START + MINUTE);
  assert.equal(alert?.like?.count, 3);
  at(30);
  told.length = 0;
  await start().look(signal);
  assert.deepEqual(kinds(), ["ended"]);
  await watch.look(signal);
  assert.deepEqual(kinds(), []);
});

test("what is over when it is found is told once, with its end", async () => {
  const { start, log, at, told, kinds } = setUp();
  log(1, "Connection refused", 3);
  at(20);
  const watch = start();
  await watch.look(signal);
  assert.deepEqual(
    told.map(({ kind, until }) => ({ kind, until })),
    [{ kind: "new", until: START + MINUTE }],
  );
  kinds();
  at(21);
  await watch.look(signal);
  await start().look(signal);
  assert.deepEqual(kinds(), []);
});

test("a drain of old logs tells nothing, and what it saw is not new afterwards", async () => {
  const { start, log, at, kinds, memory } = setUp({ quietMinutes: 360 });
  const watch = start();
  log(-300, "Connection refused", 50);
  log(-3 * 24 * 60, "Disk full", 50);
  await watch.look(signal);
  at(1);
  log(1, "Disk full", 5);
  await watch.look(signal);
  assert.deepEqual(kinds(), ["back"]);
  const kept = memory.kept.groups.get(idOf("Disk full"));
  assert.equal(kept?.first_seen, new Date(START - 3 * 24 * 60 * MINUTE).toISOString());
});

test("groups are kept with their times and the mean of their vectors", async () => {
  const { start, log, at, memory } = setUp();
  const watch = start();
  log(1, "Took 5 ms", 1);
  at(2);
  await watch.look(signal);
  log(14, "Took 7 ms", 1);
  at(15);
  await watch.look(signal);
  const id = idOf("Took 5 ms");
  const kept = memory.kept.groups.get(id);
  assert.equal(kept?.last_seen, new Date(START + 14 * MINUTE).toISOString());
  assert.deepEqual(kept?.vector_of, { ...MODEL, texts: 2 });
  const [a, b] = [stubVector("Took 5 ms", 8), stubVector("Took 7 ms", 8)];
  assert.deepEqual(
    memory.kept.vectors.get(id)?.values,
    a.map((value, i) => (value + (b[i] ?? 0)) / 2),
  );
});

test("a muted group is told by nothing; a resolved one is back with its next record, once", async () => {
  const { start, log, at, memory, kinds } = setUp();
  const watch = start();
  log(1, "Connection refused", 3);
  at(2);
  await watch.look(signal);
  const id = idOf("Connection refused");
  const say = (state: "muted" | "resolved", minute: number) => {
    const current = memory.kept.groups.get(id);
    assert.ok(current);
    const said = { state, by: "kim", at: new Date(START + minute * MINUTE).toISOString() };
    memory.kept.groups.set(id, groupInState(current, said));
  };
  kinds();
  say("muted", 2);
  log(20, "Connection refused", 3);
  at(21);
  await watch.look(signal);
  at(40);
  await watch.look(signal);
  assert.deepEqual(kinds(), []);
  say("resolved", 40.5);
  log(41, "Connection refused");
  at(42);
  await watch.look(signal);
  await start().look(signal);
  assert.deepEqual(kinds(), ["back"]);
});

test("a merged group counts as one: what is part of it is not new", async () => {
  const { start, log, at, memory, kinds } = setUp({ quietMinutes: 360 });
  const watch = start();
  log(1, "Connection refused", 3);
  at(2);
  await watch.look(signal);
  kinds();
  const other = idOf("Refused connection");
  const current = memory.kept.groups.get(idOf("Connection refused"));
  assert.ok(current);
  const into = { id: current.group, by: "kim", at: new Date(START).toISOString() };
  memory.kept.groups.set(other, { ...current, group: other, merged_into: into });
  log(3, "Refused connection", 5);
  at(4);
  await watch.look(signal);
  assert.deepEqual(kinds(), []);
  const [episode] = [...memory.kept.episodes.values()];
  assert.equal(episode?.group, current.group);
});

test("while it is unknown what was told nobody is, and then each thing once", async () => {
  const { start, log, at, memory, kinds } = setUp();
  let isClosed = true;
  const broken: ErrorMemory = {
    ...memory,
    episodes: {
      ...memory.episodes,
      claim: async (...claim) => {
        if (isClosed) {
          const what = { index: "episodes", message: "index episodes is closed", hint: "Open it." };
          throw new MemoryFault("closed", what);
        }
        return memory.episodes.claim(...claim);
      },
    },
  };
  const watch = start(broken);
  log(1, "Connection refused", 3);
  at(2);
  await assert.rejects(watch.look(signal), MemoryFault);
  assert.deepEqual(kinds(), []);
  isClosed = false;
  at(3);
  await watch.look(signal);
  assert.deepEqual(kinds(), ["new"]);
});

test("indices that this user may not use are none where nobody wants them, and a problem where somebody does", async () => {
  for (const isWanted of [false, true]) {
    const { start, memory } = setUp({ isWanted });
    const what = { index: "groups", message: "index groups may not be used", hint: "See docs." };
    const fault = new MemoryFault("forbidden", what);
    const forbidden: ErrorMemory = {
      ...memory,
      states: async () => [{ index: "groups", state: "unusable", fault }],
      groups: { ...memory.groups, rules: () => Promise.reject(fault) },
    };
    const looked = await start(forbidden).look(signal);
    assert.deepEqual(
      looked,
      isWanted
        ? { memory: "used", problems: [{ message: what.message, hint: what.hint }] }
        : { memory: "absent", problems: [] },
    );
  }
});

test("an index that takes no groups keeps nobody from being told", async () => {
  const { start, log, at, memory, kinds } = setUp();
  const blocked: ErrorMemory = {
    ...memory,
    groups: {
      ...memory.groups,
      change: async () => {
        const what = { index: "groups", message: "index groups takes no writes", hint: "See why." };
        throw new MemoryFault("blocked", what);
      },
    },
  };
  const watch = start(blocked);
  log(1, "Connection refused", 3);
  at(2);
  const { problems } = await watch.look(signal);
  assert.deepEqual(problems, [{ message: "index groups takes no writes", hint: "See why." }]);
  assert.deepEqual(kinds(), ["new"]);
});

test("a spike is told with its usual rate, and its end where the beginning was told", async () => {
  const { start, log, at, told, kinds } = setUp({ quietMinutes: 360 });
  const watch = start();
  log(-5, "Connection refused", 1);
  await watch.look(signal);
  for (let minute = 5; minute < 105; minute += 10) {
    log(minute, "Connection refused", 5);
    at(minute + 5);
    await watch.look(signal);
  }
  kinds();
  log(105, "Connection refused", 60);
  log(115, "Connection refused", 60);
  at(120);
  await watch.look(signal);
  assert.deepEqual(
    told.map(({ kind, usual, count }) => ({ kind, usual, count })),
    [{ kind: "spike", usual: { records: 5, window: 10 * MINUTE }, count: 60 }],
  );
  kinds();
  // Another process, which was not there when it began.
  const other = start();
  at(150);
  await other.look(signal);
  await watch.look(signal);
  assert.deepEqual(kinds(), ["spike_ended"]);
});
