import assert from "node:assert/strict";
import { test } from "node:test";
import { alertRoutesShape } from "../../../../src/alerting/errors/alert-routes.ts";
import { createErrorAlerter } from "../../../../src/alerting/errors/error-alerter.ts";
import type { AlertChannel } from "../../../../src/ports/alert-channel.ts";
import { createManualClock } from "../../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../../support/fakes/memory-state.ts";
import { recordEvents } from "../../../support/fakes/recorded-events.ts";
import { NOW, SENDER } from "../alert-setup.ts";
import { alert } from "./error-alert-setup.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function setUp({ perHour = 2, routes = {}, names = ["slack"] as AlertChannel["name"][] } = {}) {
  const clock = createManualClock(NOW);
  const state = createMemoryState();
  const got: string[] = [];
  const world = { send: (): Promise<void> => Promise.resolve() };
  const start = () => {
    const stop = new AbortController();
    const { events } = recordEvents();
    const channels = names.map((name): AlertChannel => ({
      name,
      async send(message) {
        await world.send();
        got.push(`${name} ${message.subject}`);
      },
    }));
    const alerter = createErrorAlerter({
      channels,
      routes: alertRoutesShape.parse(routes),
      state,
      clock,
      events,
      sender: SENDER,
      style: { language: "en", text: "template" },
      perHour,
    });
    const running = alerter.run(stop.signal);
    return {
      post: alerter.post,
      async end() {
        stop.abort();
        await running;
        await alerter.close();
      },
    };
  };
  return { clock, got, start, world };
}

test("what is found together is one message, and each thing is told once", async () => {
  const { clock, got, start } = setUp();
  const { post, end } = start();
  await post(alert({ service: "a" }));
  await post(alert({ service: "b", kind: "back" }));
  await clock.advance(4000);
  assert.deepEqual(got, ["slack [2 errors] 1 new, 1 back"]);
  await clock.advance(3 * HOUR);
  assert.equal(got.length, 1);
  await end();
});

test("beyond the limit of an hour what comes is summed up in one message", async () => {
  const { clock, got, start } = setUp();
  const { post, end } = start();
  for (const service of ["a", "b", "c", "d"]) {
    await post(alert({ service }));
    await clock.advance(MINUTE);
  }
  assert.deepEqual(got, [
    "slack [new] a: Connection to <*> refused",
    "slack [new] b: Connection to <*> refused",
  ]);
  await clock.advance(HOUR);
  assert.deepEqual(got.slice(2), ["slack [2 errors] 2 new"]);
  await end();
});

test("what comes in quiet hours is told at their end, by a later process too", async () => {
  // They end at 04:00; it is 03:04.
  const { clock, got, start } = setUp({
    routes: { quiet_hours: [{ from: "03:00", to: "04:00" }] },
  });
  const first = start();
  await first.post(alert({ service: "a" }));
  await first.post(alert({ service: "b" }));
  await clock.advance(10 * MINUTE);
  await first.end();
  assert.deepEqual(got, []);
  const second = start();
  await clock.advance(40 * MINUTE);
  assert.deepEqual(got, []);
  await clock.advance(10 * MINUTE);
  assert.deepEqual(got, ["slack [2 errors] 2 new"]);
  await second.end();
});

test("an error goes to the channels of its route, and to nobody where that names none", async () => {
  const { clock, got, start } = setUp({
    names: ["slack", "email"],
    routes: {
      routes: [
        { services: ["a"], channels: ["email"] },
        { services: ["b"], channels: [] },
      ],
    },
  });
  const { post, end } = start();
  for (const service of ["a", "b", "c"]) await post(alert({ service }));
  await clock.advance(4000);
  assert.deepEqual(got.toSorted(), [
    "email [2 errors] 2 new",
    "slack [new] c: Connection to <*> refused",
  ]);
  await end();
});

test("a message that was not sent before the process ended is sent by the next one", async () => {
  const { clock, got, start, world } = setUp();
  world.send = () => new Promise<void>(() => undefined);
  const first = start();
  await first.post(alert());
  await first.end();
  assert.deepEqual(got, []);
  world.send = () => Promise.resolve();
  const second = start();
  await clock.advance(MINUTE);
  assert.equal(got.length, 1);
  await second.end();
});
