import assert from "node:assert/strict";
import { test } from "node:test";
import type { AlertState } from "../../../src/alerting/alert-state.ts";
import { readAlertState } from "../../../src/alerting/alert-state.ts";
import type { Seen } from "../../../src/alerting/alert-state.ts";
import { nextDue, evaluateAlerts, type Timing } from "../../../src/alerting/evaluate-alerts.ts";
import { condition, NOW, seen } from "./alert-setup.ts";

const SECOND = 1000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const TIMING: Timing = {
  afterMs: MINUTE,
  reminderMs: 6 * HOUR,
  perHour: 4,
  silentMs: 3 * MINUTE,
};

/** Processes that share the state of alerts; what each look leads to, as "state id". */
function setUp() {
  let alertState: AlertState = { open: [], written: [], outbox: [] };
  let now = NOW;
  let closing: number | undefined;
  return {
    pass: (ms: number) => void (now += ms),
    nextAt: () => closing,
    open: () => alertState.open,
    due: () => nextDue(alertState, ["slack"], now, TIMING) - now,
    look(found: Seen, me = "a"): string[] {
      // As it comes back out of the state directory.
      const before = readAlertState(JSON.parse(JSON.stringify(alertState)));
      const { alertState: after, notification } = evaluateAlerts(
        before,
        { ...found, me, now },
        TIMING,
      );
      alertState = after;
      closing = notification?.nextAt;
      return (
        notification?.items.map(({ entry, state }) => `${state} ${entry.id}${entry.which}`) ?? []
      );
    },
  };
}

const DOWN = condition("embedder", { transient: true });
const KEY = condition("opensearch");

test("a condition is reported once, and its end once that has lasted", () => {
  const { look, pass } = setUp();
  assert.deepEqual(look(seen(KEY)), ["started opensearch"]);
  pass(MINUTE);
  assert.deepEqual(look(seen(KEY)), []);
  pass(MINUTE);
  assert.deepEqual(look(seen()), []);
  pass(30 * SECOND);
  assert.deepEqual(look(seen()), []);
  pass(30 * SECOND);
  assert.deepEqual(look(seen()), ["ended opensearch"]);
  pass(MINUTE);
  assert.deepEqual(look(seen()), []);
});

test("a transient condition is reported only once it has lasted, and never where it did not", () => {
  const { look, pass, due } = setUp();
  assert.deepEqual(look(seen(DOWN)), []);
  assert.equal(due(), MINUTE);
  pass(30 * SECOND);
  assert.deepEqual(look(seen()), []);
  assert.equal(due(), Infinity);
  pass(MINUTE);
  const later = { ...DOWN, since: NOW + 90 * SECOND };
  assert.deepEqual(look(seen(later)), []);
  pass(MINUTE);
  assert.deepEqual(look(seen(later)), ["started embedder"]);
});

test("a condition that followed from an outage gets its own time to pass once the outage is over", () => {
  const { look, pass } = setUp();
  const kafka = condition("kafka", { transient: true });
  const tail = condition("source", { which: "tail", transient: true });
  look(seen(kafka));
  pass(MINUTE);
  assert.deepEqual(look(seen(kafka)), ["started kafka"]);
  pass(MINUTE);
  assert.deepEqual(look(seen(tail)), []);
  pass(30_000);
  assert.deepEqual(look(seen()), []);
  pass(30_000);
  assert.deepEqual(look(seen()), ["ended kafka"]);
});

test("a condition that comes and goes is neither resolved nor new each time", () => {
  const { look, pass } = setUp();
  look(seen(KEY));
  for (let i = 0; i < 20; i++) {
    pass(30 * SECOND);
    assert.deepEqual(look(i % 2 === 0 ? seen() : seen(KEY)), []);
  }
});

test("conditions that begin and end at the same time are one message", () => {
  const { look, pass } = setUp();
  const both = seen(condition("index", { which: "b" }), KEY, condition("index", { which: "a" }));
  assert.deepEqual(look(both), ["started opensearch", "started indexb", "started indexa"]);
  pass(MINUTE);
  look(seen());
  pass(MINUTE);
  assert.deepEqual(look(seen(condition("state"))), [
    "ended opensearch",
    "ended indexb",
    "ended indexa",
    "started state",
  ]);
});

test("every six hours one reminder of all that is still so", () => {
  const { look, pass, due } = setUp();
  look(seen(KEY));
  pass(30 * MINUTE);
  look(seen(KEY, condition("backlog")));
  assert.equal(due(), 5.5 * HOUR);
  pass(5.5 * HOUR);
  assert.deepEqual(look(seen(KEY, condition("backlog"))), ["open opensearch", "open backlog"]);
  pass(HOUR);
  assert.deepEqual(look(seen(KEY, condition("backlog"))), []);
});

test("a warning that becomes critical is told again; the other way round is no news", () => {
  const { look, pass } = setUp();
  const budget = (severity: "warning" | "critical") => condition("budget", { severity });
  assert.deepEqual(look(seen(budget("warning"))), ["started budget"]);
  pass(MINUTE);
  assert.deepEqual(look(seen(budget("critical"))), ["worse budget"]);
  pass(MINUTE);
  assert.deepEqual(look(seen(budget("warning"))), []);
});

test("the last message of an hour says so; what comes then is told together when there may be another", () => {
  const { look, pass, nextAt, due } = setUp();
  const indices = (...names: string[]) =>
    seen(...names.map((which) => condition("index", { which })));
  for (const names of [["a"], ["a", "b"], ["a", "b", "c"]]) {
    assert.equal(look(indices(...names)).length, 1);
    assert.equal(nextAt(), undefined);
    pass(MINUTE);
  }
  look(indices("a", "b", "c", "d"));
  assert.equal(nextAt(), NOW + HOUR);
  for (const name of ["e", "f", "g"]) {
    pass(MINUTE);
    assert.deepEqual(look(indices("a", "b", "c", "d", "e", "f", name)), []);
  }
  assert.equal(due(), 54 * MINUTE);
  pass(due());
  const then = look(indices("d", "e", "f", "g"));
  assert.deepEqual(then, ["started indexe", "started indexf", "started indexg"]);
  pass(2 * MINUTE);
  assert.deepEqual(look(indices("d", "e", "f", "g")), [
    "ended indexa",
    "ended indexb",
    "ended indexc",
  ]);
});

test("two processes that see one outage tell it once, and its end when the last one sees none", () => {
  const { look, pass } = setUp();
  assert.deepEqual(look(seen(KEY), "daemon"), ["started opensearch"]);
  assert.deepEqual(look(seen(KEY), "tail"), []);
  pass(MINUTE);
  assert.deepEqual(look(seen(), "daemon"), []);
  pass(MINUTE);
  look(seen(KEY), "tail");
  assert.deepEqual(look(seen(), "daemon"), []);
  pass(MINUTE);
  assert.deepEqual(look(seen(), "tail"), []);
  pass(MINUTE);
  assert.deepEqual(look(seen(), "daemon"), ["ended opensearch"]);
  assert.deepEqual(look(seen(), "tail"), []);
});

test("an end is the first answer after the latest failure, whichever processes met them", () => {
  const { look, pass, open } = setUp();
  const failing = (failedAt: number) => ({ ...KEY, failedAt: NOW + failedAt * SECOND });
  const over = (at: number, failedAt: number): Seen => ({
    ...seen(),
    over: new Map([["opensearch ", { at: NOW + at * SECOND, failedAt: NOW + failedAt * SECOND }]]),
  });
  look(seen(failing(1)), "daemon");
  look(seen(failing(9)), "tail");
  pass(20 * SECOND);
  // One that was answered before the other's latest failure knows nothing of the end.
  look(over(5, 1), "daemon");
  look(over(15, 9), "tail");
  assert.equal(open()[0]?.gone_at, NOW + 15 * SECOND);
  look(over(12, 9), "daemon");
  assert.equal(open()[0]?.gone_at, NOW + 12 * SECOND);
  // It failed and was answered again between two looks.
  look(over(19, 18), "tail");
  assert.equal(open()[0]?.gone_at, NOW + 19 * SECOND);
});

test("another process's older observation does not keep a condition open", () => {
  const { look, pass, open } = setUp();
  look(seen(KEY), "daemon");
  look(seen(KEY), "tail");
  pass(10 * SECOND);
  const at = NOW + 5 * SECOND;
  look({ ...seen(), over: new Map([["opensearch ", { at, provenAt: at }]]) }, "daemon");
  assert.deepEqual([open()[0]?.gone_at, open()[0]?.seen], [at, {}]);
});

test("a new process neither repeats what is still so nor misses the end of what is not", () => {
  const { look, pass } = setUp();
  look(seen(KEY), "first");
  pass(MINUTE);
  assert.deepEqual(look(seen(KEY), "second"), []);
  pass(10 * MINUTE);
  assert.deepEqual(look(seen(), "third"), []);
  pass(MINUTE);
  assert.deepEqual(look(seen(), "third"), ["ended opensearch"]);
});

test("a process that cannot tell whether it is over ends nothing, and reminds nobody", () => {
  const { look, pass } = setUp();
  look(seen(condition("unfit", { which: "a" })), "daemon");
  const blind: Seen = { conditions: [], sure: new Set(["embedder"]) };
  for (let i = 0; i < 10; i++) {
    pass(HOUR);
    assert.deepEqual(look(blind, "tail"), []);
  }
  assert.deepEqual(look(seen(), "daemon"), []);
  pass(MINUTE);
  assert.deepEqual(look(seen(), "daemon"), ["ended unfita"]);
});

test("a condition that no process has watched for a day is forgotten", () => {
  const { look, pass, due } = setUp();
  look(seen(condition("paused", { which: "worker" })), "worker");
  pass(25 * HOUR);
  assert.deepEqual(look({ conditions: [], sure: new Set() }, "daemon"), []);
  assert.equal(due(), Infinity);
});

test("a clock that is put back neither silences nor repeats", () => {
  const { look, pass } = setUp();
  look(seen(KEY));
  pass(-2 * HOUR);
  assert.deepEqual(look(seen(KEY)), []);
  look(seen());
  pass(MINUTE);
  assert.deepEqual(look(seen()), ["ended opensearch"]);
  assert.deepEqual(look(seen({ ...KEY, since: NOW - 2 * HOUR })), ["started opensearch"]);
});

test("a state of alerts that was spoiled is an empty one, and what of it makes sense is kept", () => {
  assert.deepEqual(readAlertState("none"), { open: [], written: [], outbox: [] });
  assert.deepEqual(readAlertState({ open: 7, written: [1, "x"], outbox: [{}] }), {
    open: [],
    written: [1],
    outbox: [],
  });
});
