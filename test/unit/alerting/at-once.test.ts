import assert from "node:assert/strict";
import { test } from "node:test";
import { createAlerter } from "../../../src/alerting/alerter.ts";
import { createProbing } from "../../../src/alerting/probing.ts";
import { createWatch } from "../../../src/alerting/watch.ts";
import { createCallRecords } from "../../../src/status/call-records.ts";
import { createProbes, readStanding } from "../../../src/status/readiness.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { createFanOut } from "../../../src/telemetry/fan-out.ts";
import { openHistory } from "../../../src/status/overview/history.ts";
import type { AlertMessage } from "../../../src/ports/alert-channel.ts";
import { createFakeLogStore } from "../../support/fakes/fake-log-store.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";
import { recordEvents } from "../../support/fakes/recorded-events.ts";
import { SENDER } from "./alert-setup.ts";

const SECOND = 1000;
const REFUSED = new Fault("outage", "OpenSearch: connection refused", { connectionFailed: true });
const UNAVAILABLE = new Fault("outage", "OpenSearch: 503");

/** Processes with one state directory, put together as the commands do; what they tell, with its second. */
async function setUp(afterSeconds = 1) {
  const clock = createManualClock();
  const startedAt = clock.now();
  const state = createMemoryState();
  const told: string[] = [];
  const texts: string[] = [];
  /** `answers`: to probes. */
  const world = { answers: true, hangs: false, probes: 0, atOnce: 0, most: 0 };
  const info = async (signal: AbortSignal) => {
    world.probes++;
    world.most = Math.max(world.most, ++world.atOnce);
    if (world.hangs) await clock.sleep(5 * SECOND, signal);
    world.atOnce--;
    if (!world.answers || world.hangs) throw REFUSED;
    return createFakeLogStore().info(signal);
  };
  const send = (message: AlertMessage) => {
    told.push(`${(clock.now() - startedAt) / SECOND} ${message.subject}`);
    texts.push(message.text);
    return Promise.resolve();
  };
  const start = async () => {
    const { events, listen } = createFanOut(recordEvents().events);
    const history = await openHistory({ role: "daemon", state, clock });
    const records = createCallRecords(clock);
    const breaker = () => Promise.resolve(undefined);
    const { opensearch: probe } = createProbes({ store: { info }, embedder: {}, records, clock });
    const stop = new AbortController();
    const watch = createWatch({
      clock,
      history,
      standing: () => readStanding({ records, breaker }),
      records,
      role: undefined,
      ring: () => alerter.ring(),
    });
    const alerter = createAlerter({
      look: watch.look,
      channels: [{ name: "webhook", send }],
      state,
      clock,
      events,
      sender: SENDER,
      timing: { afterMs: afterSeconds * SECOND, reminderMs: 6 * 3600 * SECOND, perHour: 12 },
    });
    const probing = createProbing({
      probe,
      record: records.opensearch,
      everyMs: 10 * SECOND,
      clock,
      events,
    });
    for (const one of [history.listener, records.listener, ...watch.listeners]) listen(one);
    records.listen((what) => {
      alerter.ring();
      if (what === "failing") probing.wake();
    });
    const running = [alerter.run(stop.signal), probing.run(stop.signal)];
    return {
      /** A call of the work. */
      call: (fault?: Fault) =>
        events.callEnded({ target: "opensearch", durationMs: 1, ...(fault && { fault }) }),
      async end() {
        stop.abort();
        await Promise.all(running);
        await alerter.close();
      },
    };
  };
  /** To a second since the start of it all. */
  const until = (second: number) => clock.advance(startedAt + second * SECOND - clock.now());
  return { told, texts, world, start, until };
}

test("an outage that a call of the work meets, and its end, are told within seconds, with their own times", async () => {
  const { told, texts, world, start, until } = await setUp();
  const daemon = await start();
  await until(25);
  world.answers = false;
  daemon.call(REFUSED);
  await until(31);
  assert.deepEqual(told, ["28 [critical] OpenSearch does not answer"]);
  assert.match(texts[0] ?? "", /^Since: 2026-01-02 03:04:30 UTC \(3 s\)$/m);
  await until(108);
  world.answers = true;
  daemon.call();
  await until(114);
  assert.deepEqual(told.slice(1), [
    "111 [resolved] OpenSearch did not answer for 83 s (03:04:30 to 03:05:53 UTC)",
  ]);
  await daemon.end();
});

test("an outage is reported ALERT_AFTER_SECONDS after its first failure, and so is its end", async () => {
  const { told, world, start, until } = await setUp(60);
  const daemon = await start();
  await until(70);
  world.answers = false;
  daemon.call(REFUSED);
  await until(129);
  assert.deepEqual(told, []);
  await until(131);
  assert.deepEqual(told, ["130 [critical] OpenSearch does not answer"]);
  await until(200);
  world.answers = true;
  daemon.call();
  await until(261);
  assert.deepEqual(told.slice(1), [
    "260 [resolved] OpenSearch did not answer for 2 min 10 s (03:05:15 to 03:07:25 UTC)",
  ]);
  await daemon.end();
});

test("where nothing works a probe every ten seconds, one at a time, sees an outage and its end", async () => {
  const { told, world, start, until } = await setUp();
  const daemon = await start();
  await until(100);
  const before = world.probes;
  await until(700);
  assert.equal(world.probes - before, 60);
  world.answers = false;
  await until(715);
  assert.deepEqual(told, ["705 [critical] OpenSearch does not answer"]);
  const sinceDown = world.probes;
  await until(775);
  assert.equal(world.probes - sinceDown, 6);
  world.answers = true;
  await until(795);
  assert.deepEqual(told.slice(1), [
    "789 [resolved] OpenSearch did not answer for 82 s (03:15:47 to 03:17:09 UTC)",
  ]);
  assert.equal(world.most, 1);
  await daemon.end();
});

test("a dependency that the work calls all the time is hardly probed", async () => {
  const { world, start, until } = await setUp();
  const daemon = await start();
  for (let second = 10; second < 300; second += 5) {
    await until(second);
    daemon.call();
  }
  assert.ok(world.probes <= 2, `${world.probes} probes`);
  await daemon.end();
});

test("a probe that hangs holds up neither what the work sees nor the next probe", async () => {
  const { told, world, start, until } = await setUp();
  const daemon = await start();
  await until(61);
  world.hangs = true;
  daemon.call(REFUSED);
  await until(67);
  assert.equal(told.length, 1);
  await until(200);
  assert.equal(world.most, 1);
  await daemon.end();
});

test("one call that fails though everybody answers is told to nobody", async () => {
  const { told, start, until } = await setUp();
  const daemon = await start();
  await until(25);
  daemon.call(REFUSED);
  await until(300);
  assert.deepEqual(told, []);
  await daemon.end();
});

test("that a server greets ends nothing while the work fails, nor does one lucky answer", async () => {
  const { told, world, start, until } = await setUp();
  const daemon = await start();
  await until(20);
  for (let second = 20; second < 300; second += 20) {
    daemon.call(UNAVAILABLE);
    await until(second + 20);
  }
  assert.deepEqual(told, ["23 [critical] OpenSearch does not answer"]);
  world.answers = false;
  await until(331);
  world.answers = true;
  await until(333);
  world.answers = false;
  await until(400);
  assert.equal(told.length, 1);
  daemon.call();
  await until(406);
  assert.match(told[1] ?? "", /\[resolved\] .* for 6 min 20 s \(03:04:25 to 03:10:45 UTC\)/);
  await daemon.end();
});

test("a dependency that fails and answers in turn is one outage, until it has answered for long enough", async () => {
  const { told, start, until } = await setUp(60);
  const daemon = await start();
  for (let second = 20; second < 400; second += 20) {
    await until(second);
    daemon.call(second % 40 === 0 ? undefined : UNAVAILABLE);
  }
  assert.equal(told.length, 0);
  for (let second = 400; second < 500; second += 20) {
    await until(second);
    daemon.call(UNAVAILABLE);
  }
  for (let second = 500; second < 1000; second += 20) {
    await until(second);
    daemon.call(second % 40 === 0 ? UNAVAILABLE : undefined);
  }
  assert.deepEqual(
    told.map((one) => one.replace(/^\d+ /, "")),
    ["[critical] OpenSearch does not answer"],
  );
  await daemon.end();
});

test("a restart in the middle of an outage keeps when it began, and a process that starts after it tells its end", async () => {
  const { told, world, start, until } = await setUp();
  const first = await start();
  await until(25);
  world.answers = false;
  first.call(REFUSED);
  await until(40);
  await first.end();
  const second = await start();
  await until(100);
  await second.end();
  await until(150);
  world.answers = true;
  const third = await start();
  await until(160);
  assert.deepEqual(told.slice(1), [
    "155 [resolved] OpenSearch did not answer for 2 min 5 s (03:04:30 to 03:06:35 UTC)",
  ]);
  await third.end();
});

test("two processes with one state directory tell it once, from the first failure of either to the first answer after the last", async () => {
  const { told, world, start, until } = await setUp();
  const [daemon, tail] = [await start(), await start()];
  await until(25);
  world.answers = false;
  tail.call(REFUSED);
  await until(27);
  daemon.call(REFUSED);
  await until(50);
  world.answers = true;
  tail.call();
  await until(90);
  assert.equal(told.length, 2);
  assert.match(told[0] ?? "", /^28 \[critical\]/);
  assert.match(told[1] ?? "", /\[resolved\] .* for 25 s \(03:04:30 to 03:04:55 UTC\)/);
  await Promise.all([daemon.end(), tail.end()]);
});
