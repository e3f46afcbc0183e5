import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { JoinGroup } from "../../../src/adapters/kafka/group-member.ts";
import { createLeaderElection } from "../../../src/adapters/kafka/message-stream.ts";
import { createLeadership, type Leadership } from "../../../src/stream/leader-election.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { createFakeKafka } from "../../support/fakes/fake-kafka.ts";
import { createManualClock, settled } from "../../support/fakes/manual-clock.ts";
import { recordEvents } from "../../support/fakes/recorded-events.ts";

const TOPIC = "work-leader";

/** As many schedulers as are started, over one broker. */
function setUp(t: TestContext) {
  const clock = createManualClock();
  const { broker, ...kafka } = createFakeKafka(clock);
  const election = kafka.election(TOPIC);
  broker.createTopic(TOPIC);
  const running: (() => Promise<void>)[] = [];
  t.after(async () => {
    for (const leave of running) await leave();
    assert.equal(clock.sleepers, 0);
  });
  const start = () => {
    const { events, told } = recordEvents();
    const leadership: Leadership = createLeadership({ election, clock, events });
    const stop = new AbortController();
    const ended = leadership.run(stop.signal);
    const leave = async () => {
      stop.abort();
      await ended;
    };
    running.push(leave);
    return {
      leadership,
      told,
      leave,
      changes: () => told.leadershipChanged.map(({ leads }) => leads),
    };
  };
  return { clock, broker, start };
}

test("of two schedulers one leads, and each knows", async (t) => {
  const { broker, start } = setUp(t);
  const first = start();
  await settled();
  const second = start();
  await settled();
  assert.deepEqual([first.leadership.leads(), second.leadership.leads()], [true, false]);
  assert.deepEqual([first.changes(), second.changes()], [[true], [false]]);
  assert.equal(broker.members(TOPIC), 2);
});

test("where the leader goes the other takes over, and what left leads no more", async (t) => {
  const { broker, start } = setUp(t);
  const first = start();
  await settled();
  const second = start();
  await settled();
  await first.leave();
  await settled();
  assert.deepEqual([first.leadership.leads(), second.leadership.leads()], [false, true]);
  assert.deepEqual(second.changes(), [false, true]);
  assert.equal(broker.members(TOPIC), 1);
});

test("a leader that loses the broker leads no more, at once, and leads again when it is back", async (t) => {
  const { clock, broker, start } = setUp(t);
  const { leadership, told, changes } = start();
  await settled();
  assert.equal(leadership.leads(), true);
  broker.down(new Fault("outage", "fake: gone"));
  await settled();
  assert.equal(leadership.leads(), false);
  await clock.advance(20_000);
  assert.equal(leadership.leads(), false);
  assert.deepEqual(
    told.sourceLost.map(({ role }) => role),
    ["scheduler"],
  );
  broker.up();
  await clock.advance(30_000);
  assert.equal(leadership.leads(), true);
  assert.deepEqual(told.sourceBack, [{ role: "scheduler" }]);
  assert.deepEqual(changes(), [true, true]);
});

test("a process that finds another leader when the broker is back says so", async (t) => {
  const { clock, broker, start } = setUp(t);
  const first = start();
  await settled();
  broker.down(new Fault("outage", "fake: gone"));
  await settled();
  broker.up();
  const second = start();
  await settled();
  await clock.advance(30_000);
  assert.deepEqual([first.leadership.leads(), second.leadership.leads()], [false, true]);
  assert.deepEqual([first.changes(), second.changes()], [[true, false], [true]]);
});

test("the group's members are missed after six seconds, and begin where the topic ends", async () => {
  const joined: unknown[] = [];
  const stop = new AbortController();
  const join: JoinGroup = (what) => {
    joined.push(what);
    stop.abort();
    return Promise.reject(new Fault("outage", "fake: gone"));
  };
  const leadership = createLeadership({
    election: createLeaderElection(join, TOPIC),
    clock: createManualClock(),
    events: recordEvents().events,
  });
  await leadership.run(stop.signal);
  assert.deepEqual(joined, [
    { topics: [TOPIC], group: TOPIC, from: "latest", sessionTimeoutMs: 6000 },
  ]);
});

test("the first run waits until it is known who leads", async (t) => {
  const { clock, start } = setUp(t);
  const { leadership } = start();
  await leadership.decided(new AbortController().signal);
  assert.equal(leadership.leads(), true);
  await leadership.decided(new AbortController().signal);
  assert.equal(clock.sleepers, 0);
});

test("without a broker it waits half a minute and no longer, and then does not lead", async (t) => {
  const { clock, broker, start } = setUp(t);
  broker.down();
  const { leadership } = start();
  let decided = false;
  void leadership.decided(new AbortController().signal).then(() => (decided = true));
  await clock.advance(29_999);
  assert.equal(decided, false);
  await clock.advance(1);
  assert.equal(decided, true);
  assert.equal(leadership.leads(), false);
});

test("a stop ends the waiting, before it began and while it lasts", async (t) => {
  const { broker, start } = setUp(t);
  broker.down();
  const { leadership } = start();
  await leadership.decided(AbortSignal.abort());
  const stop = new AbortController();
  const waiting = leadership.decided(stop.signal);
  stop.abort();
  await waiting;
});
