import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { OUTCOMES, noOutcomes } from "../../../src/domain/outcome.ts";
import { failWith } from "../../support/fakes/fake-embedder.ts";
import { pendingCount } from "../../support/fakes/fake-log-store.ts";
import { errorLogs } from "../../support/log-documents.ts";
import { setUpBackfill, sum, type BackfillSetup } from "./backfill-setup.ts";

const PATIENCE_MS = 600_000;
const AWAY = new Fault("outage", "fake: connection refused");

function setUp(documents = errorLogs(40), options: BackfillSetup = {}) {
  const setup = setUpBackfill(documents, { batchSize: 10, patienceMs: PATIENCE_MS, ...options });
  const { clock, embedder, store, told } = setup;
  let embedderFault: Fault | undefined;
  let storeFault: Fault | undefined;
  let probes = 0;
  const onCall = new Map<string, (call: number) => void>();
  const onRequest = new Map<number, () => void>();
  let answered = 0;
  embedder.always(({ answer }) => {
    onRequest.get(answered + 1)?.();
    onRequest.delete(answered + 1);
    if (embedderFault) throw embedderFault;
    answered++;
    return answer();
  });
  Object.assign(embedder, {
    probe() {
      probes++;
      return embedderFault ? Promise.reject(embedderFault) : Promise.resolve();
    },
  });
  for (const method of ["survey", "coverage", "openScan", "readCurrent", "write"] as const) {
    store.before(method, (call) => {
      onCall.get(method)?.(call);
      if (storeFault) throw storeFault;
    });
  }
  /** Lets time pass until it has ended. */
  const inTime = async <T>(running: Promise<T>): Promise<T> => {
    const ended = { is: false };
    const over = running.finally(() => (ended.is = true));
    over.catch(() => undefined);
    for (let turn = 0; !ended.is; turn++) {
      if (turn > 5000) throw new Error("it does not end");
      await clock.advance(500);
    }
    return over;
  };
  return {
    ...setup,
    probes: () => probes,
    embedderIs: (fault: Fault | undefined) => (embedderFault = fault),
    storeIs: (fault: Fault | undefined) => (storeFault = fault),
    /** Runs before the request that would be answered as the n-th. */
    onRequest: (n: number, run: () => void) => void onRequest.set(n, run),
    /** Runs before a call of the store. */
    onCall: (method: string, run: (call: number) => void) => void onCall.set(method, run),
    inTime,
    drainInTime: () => inTime(setup.drain()),
    textsSent: () => embedder.calls.flat().map(({ text }) => text),
    /** What the events told of records, added up. */
    toldOutcomes() {
      const all = noOutcomes();
      for (const { outcomes } of told.recordsEnded) {
        for (const name of OUTCOMES) all[name] += outcomes[name] ?? 0;
      }
      return all;
    },
  };
}

/** Ends `ms` after it began. */
function after(setup: ReturnType<typeof setUp>, ms: number, change: () => void): void {
  void setup.clock.sleep(ms).then(change);
}

test("a drain outlives an embedder that is gone for 20 s", async () => {
  const setup = setUp();
  setup.embedder.plan(
    ({ answer }) => answer(),
    () => {
      setup.embedderIs(AWAY);
      after(setup, 20_000, () => setup.embedderIs(undefined));
      throw AWAY;
    },
  );
  const { summary, fault, reason, faults } = await setup.drainInTime();
  assert.equal(fault, undefined);
  assert.equal(reason, undefined);
  assert.deepEqual(faults, {});
  assert.partialDeepStrictEqual(summary, { found: 40, taken: 40, backlog: 0 });
  assert.partialDeepStrictEqual(summary.outcomes, { updated: 40, deferred: 0 });
  assert.deepEqual(setup.toldOutcomes(), summary.outcomes, "the metrics tell the same");
  assert.equal(summary.embedding.texts, 40);
  assert.equal(await pendingCount(setup.store), 0);
  const [first] = setup.told.drainWaiting;
  assert.equal(first?.fault, AWAY);
  assert.equal(first.until.getTime() - first.since.getTime(), PATIENCE_MS);
  assert.deepEqual(
    setup.told.drainResumed.map(({ since }) => since),
    [first.since],
  );
});

test("nothing is sent to an embedder while it is waited for but free probes", async () => {
  const setup = setUp();
  setup.embedder.plan(({ answer }) => {
    setup.embedderIs(AWAY);
    after(setup, 300_000, () => setup.embedderIs(undefined));
    return answer();
  });
  const running = setup.drain();
  await setup.clock.advance(60_000);
  const sent = setup.embedder.calls.length;
  const probed = setup.probes();
  assert.ok(setup.told.drainWaiting.length > 0);
  await setup.clock.advance(200_000);
  assert.equal(setup.embedder.calls.length, sent);
  assert.ok(setup.probes() - probed >= 6 && setup.probes() - probed <= 14, String(setup.probes()));
  assert.equal((await setup.inTime(running)).summary.outcomes.updated, 40);
});

for (const method of ["write", "readCurrent", "survey"] as const)
  test(`a store that is gone at ${method} costs no text a second time`, async () => {
    const setup = setUp([...errorLogs(40, "a"), ...errorLogs(20, "b", 100)]);
    setup.onCall(method, (call) => {
      if (call !== (method === "survey" ? 2 : 3)) return;
      setup.storeIs(AWAY);
      after(setup, 120_000, () => setup.storeIs(undefined));
    });
    const { summary, fault, reason } = await setup.drainInTime();
    assert.equal(fault, undefined);
    assert.equal(reason, undefined);
    assert.partialDeepStrictEqual(summary, { taken: 60, backlog: 0 });
    assert.equal(sum(summary.outcomes), 60);
    assert.equal(summary.outcomes.updated + summary.outcomes.reused, 60);
    assert.deepEqual(setup.toldOutcomes(), summary.outcomes);
    assert.equal(setup.textsSent().length, 60);
    assert.equal(new Set(setup.textsSent()).size, 60);
    assert.equal(setup.told.drainResumed.length, 1);
    assert.equal(await pendingCount(setup.store), 0);
  });

test("a record written without an answer has its vector, counts once and is not paid for again", async () => {
  const setup = setUp();
  const { write } = setup.store;
  let writes = 0;
  setup.store.write = async (...given) => {
    const results = await write(...given);
    if (++writes !== 3) return results;
    setup.storeIs(AWAY);
    after(setup, 60_000, () => setup.storeIs(undefined));
    throw AWAY;
  };
  const { summary, fault } = await setup.drainInTime();
  assert.equal(fault, undefined);
  assert.partialDeepStrictEqual(summary, { taken: 40, backlog: 0 });
  assert.equal(summary.outcomes.already_vectorized, 10);
  assert.equal(sum(summary.outcomes), 40);
  assert.equal(summary.outcomes.deferred, 0);
  assert.deepEqual(setup.toldOutcomes(), summary.outcomes);
  assert.equal(setup.textsSent().length, 40);
});

test("the patience begins again with the next outage once a vector was written", async () => {
  const setup = setUp(errorLogs(200), { patienceMs: 100_000 });
  for (const requests of [2, 9]) {
    setup.onRequest(requests, () => {
      setup.embedderIs(AWAY);
      after(setup, 80_000, () => setup.embedderIs(undefined));
    });
  }
  const { summary, fault } = await setup.drainInTime();
  assert.equal(fault, undefined);
  assert.equal(summary.outcomes.updated, 200);
  assert.equal(setup.told.drainResumed.length, 2);
  const [first, second] = setup.told.drainResumed;
  assert.ok(first && second && second.since.getTime() - first.since.getTime() >= 60_000);
});

test("an outage that outlasts the patience ends the drain as it would have ended at once", async () => {
  const setup = setUp();
  setup.embedder.plan(({ answer }) => {
    setup.embedderIs(AWAY);
    return answer();
  });
  const startedAt = setup.clock.now();
  const { summary, fault, reason, faults } = await setup.drainInTime();
  const tookMs = setup.clock.now() - startedAt;
  assert.equal(fault, AWAY);
  assert.equal(reason, AWAY.message);
  assert.ok(tookMs >= PATIENCE_MS && tookMs < PATIENCE_MS + 60_000, String(tookMs));
  assert.partialDeepStrictEqual(summary, { backlog: 30 });
  assert.equal(summary.outcomes.updated, 10);
  assert.equal(summary.outcomes.deferred, summary.taken - 10);
  assert.deepEqual(faults, { outage: summary.outcomes.deferred });
  assert.deepEqual(setup.toldOutcomes(), summary.outcomes);
  assert.equal(setup.told.drainResumed.length, 0);
});

test("an embedder that answers probes and no request does not keep the drain going for ever", async () => {
  const setup = setUp();
  setup.embedder.plan(({ answer }) => {
    setup.embedder.always(failWith(new Fault("outage", "fake: 503", { retryAfterMs: 1000 })));
    return answer();
  });
  const startedAt = setup.clock.now();
  const { fault, summary } = await setup.drainInTime();
  assert.equal(fault?.message, "fake: 503");
  assert.ok(setup.clock.now() - startedAt < PATIENCE_MS + 120_000);
  assert.equal(sum(summary.outcomes), summary.taken);
  assert.ok(setup.embedder.calls.length < 200, String(setup.embedder.calls.length));
});

for (const kind of ["credentials", "quota", "configuration"] as const)
  test(`a ${kind} fault ends the drain at once, whatever was written before`, async () => {
    const setup = setUp();
    const fault = new Fault(kind, "fake: no");
    setup.embedder.plan(({ answer }) => {
      setup.embedder.always(failWith(fault));
      return answer();
    });
    const ended = await setup.drain();
    assert.equal(ended.fault?.kind, kind);
    assert.equal(setup.told.drainWaiting.length, 0);
  });

test("a budget ends the drain at once", async () => {
  const setup = setUp(errorLogs(40), { allowed: { tokensPerCycle: 100 } });
  const { fault, summary } = await setup.drain();
  assert.ok(fault?.selfImposed);
  assert.ok(summary.outcomes.updated > 0);
  assert.equal(setup.told.drainWaiting.length, 0);
});

test("a server that is away from the start is not waited for", async () => {
  const setup = setUp();
  setup.embedderIs(AWAY);
  const { fault, summary } = await setup.drainInTime();
  assert.equal(fault, AWAY);
  assert.equal(summary.outcomes.deferred, summary.taken);
  assert.deepEqual(setup.toldOutcomes(), summary.outcomes);
  assert.equal(setup.told.drainWaiting.length, 0);
});

test("a patience of 0 ends the drain as before", async () => {
  const setup = setUp(errorLogs(40), { patienceMs: 0 });
  setup.embedder.plan(({ answer }) => {
    setup.embedderIs(AWAY);
    return answer();
  });
  const { fault } = await setup.drainInTime();
  assert.equal(fault, AWAY);
  assert.equal(setup.told.drainWaiting.length, 0);
});

test("a stop ends the wait at once", async () => {
  const setup = setUp();
  setup.embedder.plan(({ answer }) => {
    setup.embedderIs(AWAY);
    return answer();
  });
  const running = setup.drain();
  for (let turn = 0; setup.told.drainWaiting.length === 0 && turn < 200; turn++) {
    await setup.clock.advance(500);
  }
  const at = setup.clock.now();
  setup.stop.request();
  const { reason, fault, summary } = await running;
  assert.equal(setup.clock.now(), at);
  assert.equal(reason, "stopped");
  assert.equal(fault, undefined);
  assert.equal(summary.outcomes.updated, 10);
  assert.deepEqual(setup.toldOutcomes(), summary.outcomes);
});

test("a Retry-After is waited for, and one beyond the patience ends the drain at once", async () => {
  for (const [retryAfterMs, isOutlived] of [
    [200_000, true],
    [PATIENCE_MS + 1, false],
  ] as const) {
    const setup = setUp();
    const busy = new Fault("rate", "fake: 429", { retryAfterMs });
    setup.embedder.plan(
      ({ answer }) => answer(),
      () => {
        throw busy;
      },
    );
    const startedAt = setup.clock.now();
    const { summary, fault } = await setup.drainInTime();
    const tookMs = setup.clock.now() - startedAt;
    assert.equal(fault, isOutlived ? undefined : busy);
    assert.equal(summary.outcomes.updated === 40, isOutlived);
    assert.ok(isOutlived ? tookMs >= retryAfterMs : tookMs < 10_000, String(tookMs));
  }
});

test("after a restart the shards are waited for, and one that stays away holds up the others for two minutes", async () => {
  for (const [recoversAfterMs, waitedMs] of [
    [30_000, 30_000],
    [Infinity, 120_000],
  ] as const) {
    const setup = setUp([...errorLogs(20, "a"), ...errorLogs(20, "b", 100)]);
    let partial = false;
    const { coverage } = setup.store;
    setup.store.coverage = async (query, signal) => {
      const answer = await coverage(query, signal);
      return partial
        ? { ...answer, gaps: [{ index: "a", reason: "1 of 1 shards failed" }] }
        : answer;
    };
    setup.embedder.plan(
      ({ answer }) => answer(),
      () => {
        partial = true;
        if (recoversAfterMs < Infinity) after(setup, recoversAfterMs, () => (partial = false));
        throw new Fault("outage", "fake: gone", { retryAfterMs: 61_000 });
      },
    );
    const startedAt = setup.clock.now();
    const { summary } = await setup.drainInTime();
    assert.ok(setup.clock.now() - startedAt >= waitedMs);
    assert.ok(setup.clock.now() - startedAt < waitedMs + 150_000);
    assert.equal(summary.outcomes.updated, 40);
    assert.equal(summary.gaps.length, recoversAfterMs < Infinity ? 0 : 1);
  }
});

test("a text that the embedder fails at alone gets no other turn when an outage is over", async () => {
  const setup = setUp(errorLogs(40));
  let isDown = false;
  setup.embedder.always(({ inputs, answer }) => {
    if (isDown) throw AWAY;
    if (inputs.some(({ text }) => text.startsWith("error number 35 "))) {
      throw new Fault("outage", "fake: 500");
    }
    return answer();
  });
  let calls = 0;
  setup.onCall("write", () => {
    if (++calls !== 3) return;
    isDown = true;
    after(setup, 60_000, () => (isDown = false));
  });
  const { summary } = await setup.drainInTime();
  assert.partialDeepStrictEqual(summary, { taken: 40 });
  assert.partialDeepStrictEqual(summary.outcomes, { updated: 39, deferred: 1 });
  assert.deepEqual(setup.toldOutcomes(), summary.outcomes);
});
