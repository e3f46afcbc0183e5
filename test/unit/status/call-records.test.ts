import assert from "node:assert/strict";
import { test } from "node:test";
import { createCallRecords } from "../../../src/status/call-records.ts";
import { watchEmbedder } from "../../../src/status/embedder-watch.ts";
import { Fault, type FaultKind } from "../../../src/domain/faults.ts";
import type { CallTarget } from "../../../src/ports/events.ts";
import { createFakeEmbedder, failWith } from "../../support/fakes/fake-embedder.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";

const SECOND = 1000;
const MINUTE = 60_000;
const REFUSED = new Fault("outage", "refused", { connectionFailed: true });
const UNAVAILABLE = new Fault("outage", "503");

function setUp() {
  const clock = createManualClock();
  const startedAt = clock.now();
  const records = createCallRecords(clock);
  const heard: string[] = [];
  records.listen((what) => heard.push(what));
  return {
    clock,
    records,
    heard,
    call: (target: CallTarget, fault?: Fault) =>
      records.listener.callEnded?.({ target, durationMs: 1, ...(fault && { fault }) }),
    /** Seconds since the start. */
    since: (at: number | undefined) => (at === undefined ? undefined : (at - startedAt) / SECOND),
  };
}

test("an outage is from the first call that failed to the first that was answered after the last that failed", () => {
  const { clock, records, heard, call, since } = setUp();
  call("opensearch");
  clock.jump(10 * SECOND);
  call("opensearch", REFUSED);
  clock.jump(10 * SECOND);
  records.opensearch.answered("probe");
  clock.jump(SECOND);
  call("opensearch", UNAVAILABLE);
  assert.equal(records.opensearch.recovery(), undefined);
  const outage = records.opensearch.outage();
  assert.deepEqual(
    [since(outage?.since), since(outage?.failedAt), outage?.fault],
    [10, 21, UNAVAILABLE],
  );
  clock.jump(SECOND);
  records.opensearch.answered("probe");
  clock.jump(SECOND);
  call("opensearch");
  clock.jump(SECOND);
  call("opensearch");
  assert.equal(records.opensearch.outage(), undefined);
  const { at, failedAt, provenAt } = records.opensearch.recovery() ?? {};
  assert.deepEqual([since(at), since(failedAt), since(provenAt)], [22, 21, 24]);
  assert.deepEqual(heard, ["answering", "failing", "answering"]);
});

test("one answer to a probe proves nothing yet; a second does, unless the first failure had a connection", () => {
  const { clock, records, call } = setUp();
  call("opensearch", REFUSED);
  records.opensearch.answered("probe");
  assert.deepEqual(
    [records.opensearch.isUnconfirmed(), records.opensearch.outage()?.fault],
    [true, REFUSED],
  );
  records.opensearch.answered("probe");
  assert.equal(records.opensearch.outage(), undefined);
  call("opensearch", UNAVAILABLE);
  for (let i = 0; i < 3; i++) {
    records.opensearch.answered("probe");
    assert.equal(records.opensearch.outage()?.fault, UNAVAILABLE);
    clock.jump(10 * SECOND);
  }
  records.opensearch.answered("probe");
  assert.equal(records.opensearch.outage(), undefined, "after half a minute without another one");
});

test("that the embedder's host answers does not say that it embeds", () => {
  const { clock, records, call } = setUp();
  call("embedder", UNAVAILABLE);
  for (let i = 0; i < 10; i++) {
    clock.jump(MINUTE);
    records.embedder.answered("probe");
  }
  assert.equal(records.embedder.outage()?.fault, UNAVAILABLE);
  call("embedder");
  assert.equal(records.embedder.outage(), undefined);
});

test("nothing is known before somebody answered, and of an embedder not before it could be asked", () => {
  const { clock, records } = setUp();
  for (const name of ["opensearch", "embedder", "kafka"] as const) {
    assert.deepEqual([records[name].outage(), records[name].recovery()], [undefined, undefined]);
    records[name].answered("probe");
    records[name].answered("probe");
  }
  assert.ok(records.opensearch.recovery() && records.kafka.recovery());
  assert.equal(records.embedder.recovery(), undefined);
  clock.jump(MINUTE);
  records.embedder.answered("probe");
  assert.ok(records.embedder.recovery());
});

test("a failure that nobody has met again for a quarter of an hour counts no more", () => {
  const { clock, records, call } = setUp();
  call("embedder", REFUSED);
  clock.jump(14 * MINUTE);
  assert.ok(records.embedder.outage());
  clock.jump(MINUTE);
  assert.equal(records.embedder.outage(), undefined);
});

const COUNTED: [target: CallTarget, kind: FaultKind, counts: boolean][] = [
  ["opensearch", "outage", true],
  ["opensearch", "credentials", false],
  ["opensearch", "index", false],
  ["opensearch", "configuration", false],
  ["opensearch", "rate", false],
  ["embedder", "outage", true],
  ["embedder", "credentials", true],
  ["embedder", "quota", true],
  ["embedder", "configuration", true],
  ["embedder", "record", false],
  ["embedder", "rate", false],
];

for (const [target, kind, counts] of COUNTED) {
  test(`a call to ${target} that ends as ${kind} is ${counts ? "" : "no "}failure of the whole`, () => {
    const { records, call } = setUp();
    call(target, new Fault(kind, "no"));
    assert.equal(records[target].outage() !== undefined, counts);
  });
}

test("to be asked to slow down is an answer", () => {
  const { records, call } = setUp();
  call("embedder", UNAVAILABLE);
  call("embedder", new Fault("rate", "slow down"));
  assert.equal(records.embedder.outage(), undefined);
});

test("a probe is reported by its sender, and an abandoned call reports nothing", () => {
  const { records } = setUp();
  const { callEnded } = records.listener;
  const target = "opensearch";
  callEnded?.({ target, durationMs: 1, fault: REFUSED, probe: true });
  callEnded?.({ target, durationMs: 1, abandoned: true });
  assert.deepEqual(
    [records.opensearch.outage(), records.opensearch.recovery()],
    [undefined, undefined],
  );
});

test("an embedding that was given up at a stop is neither an answer nor a failure", async () => {
  const { clock, records } = setUp();
  const fake = createFakeEmbedder();
  fake.always(failWith(UNAVAILABLE));
  const events = {
    callBegan: () => undefined,
    callEnded: records.listener.callEnded ?? (() => {}),
  };
  const { embedder } = watchEmbedder(fake, clock, events);
  await embedder.embed([{ text: "a", logId: "a" }], AbortSignal.abort()).catch(() => undefined);
  assert.deepEqual(
    [records.embedder.outage(), records.embedder.recovery()],
    [undefined, undefined],
  );
});

test("Kafka that cannot be read is away until it can, and one topic that is not there is none of that", () => {
  const { records } = setUp();
  const missing = new Fault("configuration", "no such topic");
  records.listener.sourceLost?.({ role: "tail", fault: missing, waitMs: 1 });
  assert.equal(records.kafka.outage(), undefined);
  records.listener.sourceLost?.({ role: "tail", fault: REFUSED, waitMs: 1 });
  assert.ok(records.kafka.outage());
  records.listener.sourceBack?.({ role: "tail" });
  assert.equal(records.kafka.outage(), undefined);
});
