import assert from "node:assert/strict";
import { test } from "node:test";
import { createAlerter } from "../../../src/alerting/alerter.ts";
import type { Condition } from "../../../src/alerting/alert-state.ts";
import { Fault } from "../../../src/domain/faults.ts";
import type { AlertChannel, AlertMessage } from "../../../src/ports/alert-channel.ts";
import { createManualClock, settled } from "../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";
import { recordEvents } from "../../support/fakes/recorded-events.ts";
import { condition, SENDER, seen } from "./alert-setup.ts";

const MINUTE = 60_000;
const AWAY = new Fault("outage", "slack: away");

type Sending = (message: AlertMessage, signal: AbortSignal) => Promise<void>;

/** Processes on one machine, with what is wrong on it and whom they tell. */
function setUp() {
  const clock = createManualClock();
  const state = createMemoryState();
  const world: { wrong: Condition[]; send: Sending } = {
    wrong: [],
    send: () => Promise.resolve(),
  };
  const got: string[] = [];
  const start = (names: AlertChannel["name"][] = ["slack"]) => {
    const { events, told } = recordEvents();
    const stop = new AbortController();
    const channels = names.map((name) => ({
      name,
      async send(message: AlertMessage, signal: AbortSignal) {
        await world.send(message, signal);
        got.push(`${name} ${message.subject}`);
      },
    }));
    const alerter = createAlerter({
      look: () => Promise.resolve(seen(...world.wrong)),
      channels,
      state,
      clock,
      events,
      sender: SENDER,
      timing: { afterMs: MINUTE, reminderMs: 360 * MINUTE, perHour: 12 },
    });
    const running = alerter.run(stop.signal);
    return {
      alerter,
      told,
      async end() {
        stop.abort();
        await running;
        await alerter.close();
      },
    };
  };
  return { clock, state, world, got, start };
}

const DOWN = condition("opensearch", {
  title: "OpenSearch does not answer",
  past: "OpenSearch did not answer",
});

test("a new issue is sent within seconds of its event by every channel, and so is its end", async () => {
  const { clock, world, got, start } = setUp();
  const daemon = start(["slack", "email"]);
  await clock.advance(1000);
  world.wrong = [DOWN];
  daemon.alerter.ring();
  await clock.advance(4000);
  const subject = "[critical] OpenSearch does not answer";
  assert.deepEqual(got.toSorted(), [`email ${subject}`, `slack ${subject}`]);
  world.wrong = [];
  daemon.alerter.ring();
  await clock.advance(59_000);
  assert.equal(got.length, 2);
  await clock.advance(10_000);
  assert.deepEqual(got.slice(2).toSorted(), [
    "email [resolved] OpenSearch did not answer for 8 s (03:04:05 to 03:04:13 UTC)",
    "slack [resolved] OpenSearch did not answer for 8 s (03:04:05 to 03:04:13 UTC)",
  ]);
  assert.deepEqual(
    daemon.told.alertSent.map(({ channel, result }) => `${channel} ${result}`).toSorted(),
    ["email sent", "email sent", "slack sent", "slack sent"],
  );
  await daemon.end();
});

test("issues that begin within seconds of each other are one message", async () => {
  const { clock, world, got, start } = setUp();
  const daemon = start();
  await clock.advance(5000);
  world.wrong = [DOWN];
  daemon.alerter.ring();
  await clock.advance(2000);
  world.wrong = [DOWN, condition("kafka")];
  daemon.alerter.ring();
  await clock.advance(MINUTE);
  assert.deepEqual(got, ["slack [critical] OpenSearch does not answer, and 1 more"]);
  await daemon.end();
});

test("without an event it is seen within a minute, and nothing is written while all is well", async () => {
  const { clock, state, world, got, start } = setUp();
  const daemon = start();
  await clock.advance(10 * MINUTE);
  assert.deepEqual(state.saved, []);
  world.wrong = [DOWN];
  await clock.advance(64_000);
  assert.equal(got.length, 1);
  await daemon.end();
});

test("a channel that is away is tried again with growing waits, and told of once", async () => {
  const { clock, world, got, start } = setUp();
  world.send = () => Promise.reject(AWAY);
  world.wrong = [DOWN];
  const daemon = start();
  await clock.advance(2 * MINUTE);
  assert.deepEqual([got.length, daemon.told.alertChannelFailed.length], [0, 1]);
  world.send = () => Promise.resolve();
  await clock.advance(5 * MINUTE);
  assert.equal(got.length, 1);
  assert.equal(daemon.told.alertChannelBack.length, 1);
  assert.deepEqual(
    daemon.told.alertSent.map(({ result }) => result),
    ["sent"],
  );
  await daemon.end();
});

test("an alert that no try delivers is given up, at once where a retry cannot help", async () => {
  const { clock, state, world, start } = setUp();
  let tries = 0;
  world.send = () => Promise.reject(((tries += 1), AWAY));
  world.wrong = [DOWN];
  const daemon = start();
  await clock.advance(40 * MINUTE);
  assert.equal(tries, 6);
  assert.deepEqual(daemon.told.alertSent, [
    { channel: "slack", result: "failed", subject: "[critical] OpenSearch does not answer" },
  ]);
  assert.deepEqual((await outboxOf(state)).length, 0);
  world.send = () => Promise.reject(((tries += 1), new Fault("configuration", "slack: 404")));
  world.wrong = [];
  await clock.advance(10 * MINUTE);
  assert.equal(tries, 7);
  assert.equal(daemon.told.alertSent.length, 2);
  await daemon.end();
});

test("a message for a channel that is no longer set keeps nobody awake", async () => {
  const { clock, state, world, start } = setUp();
  world.wrong = [DOWN];
  world.send = () => Promise.reject(AWAY);
  const first = start(["slack", "email"]);
  await clock.advance(5000);
  await first.end();
  world.send = () => Promise.resolve();
  const second = start(["slack"]);
  await clock.advance(5 * MINUTE);
  const before = state.saved.length;
  await clock.advance(10 * MINUTE);
  assert.ok(state.saved.length - before <= 12, `${state.saved.length - before} looks`);
  assert.equal((await outboxOf(state)).length, 1);
  await clock.advance(24 * 60 * MINUTE);
  assert.equal((await outboxOf(state)).length, 0);
  await second.end();
});

test("of two processes with one state directory one tells it", async () => {
  const { clock, world, got, start } = setUp();
  const both = [start(), start()];
  world.wrong = [DOWN];
  await clock.advance(2 * MINUTE);
  assert.equal(got.length, 1);
  world.wrong = [];
  await clock.advance(3 * MINUTE);
  assert.deepEqual(got.slice(1), [
    "slack [resolved] OpenSearch did not answer for 3 min (03:04:05 to 03:07:05 UTC)",
  ]);
  await Promise.all(both.map((one) => one.end()));
});

test("a restart in the middle of an outage repeats nothing, and its end is told all the same", async () => {
  const { clock, world, got, start } = setUp();
  world.wrong = [DOWN];
  const first = start();
  await clock.advance(MINUTE);
  await first.end();
  const second = start();
  await clock.advance(5 * MINUTE);
  assert.equal(got.length, 1);
  world.wrong = [];
  await clock.advance(5 * MINUTE);
  assert.equal(got.length, 2);
  await second.end();
});

test("a process that ended does not keep its word that something is so", async () => {
  const { clock, world, got, start } = setUp();
  world.wrong = [DOWN];
  const first = start();
  await clock.advance(MINUTE);
  await first.end();
  world.wrong = [];
  const second = start();
  await clock.advance(MINUTE + 10_000);
  assert.deepEqual(got.slice(1), [
    "slack [resolved] OpenSearch did not answer for 60 s (03:04:05 to 03:05:05 UTC)",
  ]);
  await second.end();
});

test("a stop is not held up by a channel that hangs, and the next process sends what was not sent", async (t) => {
  const { clock, world, got, start } = setUp();
  world.wrong = [DOWN];
  world.send = (_, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(AWAY), { once: true });
    });
  const first = start();
  await clock.advance(4000);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const ended = first.end();
  await settled();
  t.mock.timers.tick(1500);
  await ended;
  t.mock.timers.reset();
  assert.deepEqual([got, first.told.alertSent], [[], []]);
  world.send = () => Promise.resolve();
  const second = start();
  await clock.advance(MINUTE);
  assert.equal(got.length, 1);
  await second.end();
});

test("a mistake of ours in a look or in a channel ends neither the looks nor the process", async () => {
  const { clock, world, got, start } = setUp();
  world.wrong = [DOWN];
  world.send = () => Promise.reject(new Error("a bug"));
  const daemon = start();
  await clock.advance(5000);
  assert.equal(daemon.told.failedInBackground.length, 1);
  world.send = () => Promise.resolve();
  await clock.advance(2 * MINUTE);
  assert.equal(got.length, 1, "it is sent once its time with the one role failed is over");
  await daemon.end();
});

test("nothing of a secret leaves, in no part of a message", async () => {
  const { clock, world, start } = setUp();
  const messages: AlertMessage[] = [];
  world.send = (message) => Promise.resolve(void messages.push(message));
  world.wrong = [
    condition("index", {
      which: "s3cret-a",
      title: "s3cret-b",
      detail: "at s3cret-c\nand more",
      impact: "s3cret-d",
      action: "s3cret-e",
    }),
  ];
  const daemon = start();
  await clock.advance(5000);
  assert.equal(messages.length, 1);
  assert.doesNotMatch(JSON.stringify(messages), /s3cret/);
  assert.match(messages[0]?.text ?? "", /What: at \*\*\*-c and more\./);
  await daemon.end();
});

async function outboxOf(state: { load(name: string): Promise<unknown> }): Promise<unknown[]> {
  const alertState = await state.load("alerts");
  const hasOutbox = typeof alertState === "object" && alertState !== null && "outbox" in alertState;
  return hasOutbox && Array.isArray(alertState.outbox) ? alertState.outbox : [];
}
