import assert from "node:assert/strict";
import { test } from "node:test";
import { collectEmbedded } from "./collect-embedded.ts";
import { embedTexts } from "../../../src/pipeline/embed-texts.ts";
import { noEmbedding } from "../../../src/domain/summary.ts";
import { FAULT_POLICIES } from "../../../src/domain/fault-policy.ts";
import { Fault, type FaultKind } from "../../../src/domain/faults.ts";
import { createEmbedderLimits } from "../../../src/limits/embedder-limits.ts";
import type { LimitSettings } from "../../../src/limits/limit-settings.ts";
import {
  createFakeEmbedder,
  failWith,
  hang,
  type FakeBehaviour,
  type FakeOptions,
} from "../../support/fakes/fake-embedder.ts";
import { createManualClock, settled } from "../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";
import { recordEvents } from "../../support/fakes/recorded-events.ts";
import { createManualStop } from "../../support/fakes/stop-signals.ts";
import { createTokens } from "../../support/fakes/token-counter.ts";

function setUp({ allowed = {}, ...options }: FakeOptions & { allowed?: LimitSettings } = {}) {
  const embedder = createFakeEmbedder(options);
  const clock = createManualClock();
  const counted = createTokens();
  const stop = createManualStop();
  const { events, told } = recordEvents();
  const guard = createEmbedderLimits({
    state: createMemoryState(),
    clock,
    events,
    limits: allowed,
    price: embedder.pricePerMillionTokens,
  });
  const admission = guard.for("backfill");
  const embed = (texts: readonly string[], proven = false) =>
    collectEmbedded(
      { embedder, admission, tokens: counted.tokens, clock, events },
      texts.map((text, i) => ({ text, hash: text, logId: `id-${i}` })),
      { stop: stop.signals, proven },
    );
  return { embedder, clock, counted, stop, told, events, guard, admission, embed };
}

const TRIES = 1 + (FAULT_POLICIES.outage.retries?.max ?? 0);
const TEXTS = Array.from({ length: 16 }, (_, i) => `text ${i}`);

test("gives each text its vector and counts what it took", async () => {
  const { embedder, embed, counted } = setUp({ pricePerMillionTokens: 2 });
  const { byHash, use, fault } = await embed(["abcd", "efgh"]);
  assert.equal(fault, undefined);
  assert.deepEqual([...byHash.keys()], ["abcd", "efgh"]);
  assert.deepEqual(use, { requests: 1, texts: 2, tokens: 2, cost_usd: 4e-6 });
  assert.equal(embedder.calls.length, 1);
  assert.equal(counted.loads, 0);
});

test("an unknown price leaves the cost unknown", async () => {
  const { embed } = setUp({ pricePerMillionTokens: null });
  assert.equal((await embed(["abcd"])).use.cost_usd, null);
});

test("counts tokens itself where the embedder does not say", async () => {
  const { embedder, embed, counted } = setUp();
  embedder.always(({ answer }) => ({ ...answer(), tokens: null }));
  assert.equal((await embed(["abcd", "efghi"])).use.tokens, 3);
  assert.equal(counted.loads, 1);
});

test("nothing to embed sends nothing", async () => {
  const { embedder, embed } = setUp();
  const { byHash, use } = await embed([]);
  assert.equal(byHash.size, 0);
  assert.deepEqual(use, { requests: 0, texts: 0, tokens: 0, cost_usd: 0 });
  assert.equal(embedder.calls.length, 0);
});

for (const poison of [0, 7, 15]) {
  test(`a poison text at place ${poison} is found alone, in at most 2n - 1 requests`, async () => {
    const { embedder, embed } = setUp();
    embedder.always(({ inputs, answer }) => {
      if (inputs.some(({ text }) => text === `text ${poison}`)) throw new Fault("record", "poison");
      return answer();
    });
    const { byHash, fault, use } = await embed(TEXTS);
    assert.equal(fault, undefined);
    const refused = TEXTS.filter((text) => "fault" in (byHash.get(text) ?? {}));
    assert.deepEqual(refused, [`text ${poison}`]);
    assert.equal(byHash.size, TEXTS.length);
    assert.equal(use.requests, embedder.calls.length);
    assert.equal(use.texts, TEXTS.length - 1);
    // One path of halves: log2(16) refused requests, as many good ones, and the first.
    assert.equal(use.requests, 9);
  });
}

test("texts that are all poison cost 2n - 1 requests, and one that shows that the texts are to blame", async () => {
  const { embedder, embed } = setUp();
  embedder.always(({ inputs, answer }) => {
    if (inputs.some(({ text }) => TEXTS.includes(text))) throw new Fault("record", "poison");
    return answer();
  });
  const { byHash, use } = await embed(TEXTS);
  assert.equal(use.requests, 2 * TEXTS.length);
  assert.equal(use.texts, 0);
  assert.equal(byHash.size, TEXTS.length);
  assert.ok([...byHash.values()].every((one) => "fault" in one && one.fault.kind === "record"));
});

test("an embedder that refuses a harmless text too is set up wrongly, and no record is to blame", async () => {
  const { embedder, embed } = setUp();
  embedder.always(failWith(new Fault("record", "no such path")));
  const { byHash, fault, use } = await embed(TEXTS);
  assert.equal(fault?.kind, "configuration");
  assert.match(fault.message, /refuses every text: no such path/);
  assert.equal(use.requests, 2 * TEXTS.length);
  assert.equal(byHash.size, 0);
});

test("a fault amid the halving ends it; what has arrived is kept", async () => {
  const { embedder, embed } = setUp();
  const quota = new Fault("quota", "no money");
  embedder.plan(failWith(new Fault("record", "poison")), ({ answer }) => answer(), failWith(quota));
  const { byHash, fault } = await embed(["a", "b", "c", "d"]);
  assert.equal(fault, quota);
  assert.deepEqual([...byHash.keys()], ["a", "b"]);
});

const REFUSED = new Fault("record", "fake: 400");

test("texts refused one by one by a gateway that then goes away are not to blame", async () => {
  const { embedder, clock, embed } = setUp();
  const gone = new Fault("outage", "fake: 503");
  // 16, 8, 4, 2 and the first two alone.
  embedder.plan(...Array.from({ length: 6 }, () => failWith(REFUSED)));
  embedder.always(failWith(gone));
  const embedding = embed(TEXTS);
  await clock.advance(120_000);
  const { byHash, fault } = await embedding;
  assert.deepEqual([byHash.size, fault], [0, gone]);
});

for (const times of [1, TRIES]) {
  test(`nor are they where it is back after ${times} failures: they are sent again`, async () => {
    const { embedder, clock, embed } = setUp();
    const gone = failWith(new Fault("outage", "fake: 503"));
    embedder.plan(...Array.from({ length: 6 }, () => failWith(REFUSED)));
    embedder.plan(...Array.from({ length: times }, () => gone));
    const embedding = embed(TEXTS);
    await clock.advance(120_000);
    const { byHash, fault } = await embedding;
    assert.equal(fault, undefined);
    assert.deepEqual([...byHash.keys()].toSorted(), TEXTS.toSorted());
    assert.ok([...byHash.values()].every((one) => "vector" in one));
  });
}

test("nor are they where the embedder then refuses this process", async () => {
  const { embedder, embed } = setUp();
  const quota = new Fault("quota", "fake: no money");
  embedder.plan(...Array.from({ length: 6 }, () => failWith(REFUSED)), failWith(quota));
  const { byHash, fault } = await embed(TEXTS);
  assert.deepEqual([byHash.size, fault], [0, quota]);
});

test("nor are they where a stop leaves no time for a harmless text", async () => {
  const { embedder, embed, stop } = setUp();
  embedder.always(() => {
    if (embedder.calls.length === 6) stop.request();
    throw REFUSED;
  });
  const { byHash, fault } = await embed(TEXTS);
  assert.deepEqual([byHash.size, fault], [0, undefined]);
});

test("a text refused by an embedder that took others stays refused, whatever ends the sending", async () => {
  const { embedder, embed } = setUp({ limits: { maxTextsPerRequest: 2 } });
  embedder.plan(
    ({ answer }) => answer(),
    failWith(REFUSED),
    failWith(REFUSED),
    failWith(new Fault("quota", "fake: no money")),
  );
  const { byHash } = await embed(["a", "b", "c", "d"]);
  assert.deepEqual([...byHash.keys()], ["a", "b", "c"]);
});

test("a rate limit is retried after as long as it asks, and not before", async () => {
  const { embedder, clock, embed, told } = setUp();
  const rate = new Fault("rate", "slow down", { retryAfterMs: 3000 });
  embedder.plan(failWith(rate));
  const embedding = embed(["a"]);
  await clock.advance(2999);
  assert.equal(embedder.calls.length, 1);
  await clock.advance(1);
  assert.equal(embedder.calls.length, 2);
  const { byHash, fault, use } = await embedding;
  assert.equal(fault, undefined);
  assert.equal(byHash.size, 1);
  assert.equal(use.requests, 2);
  assert.deepEqual(told.waiting, [{ fault: rate, waitMs: 3000 }]);
});

for (const kind of ["rate", "outage"] as const) {
  test(`a ${kind} fault that stays is retried a few times, then nothing more is sent`, async () => {
    const { embedder, clock, embed } = setUp({ limits: { maxTextsPerRequest: 1 } });
    const fault = new Fault(kind, "not now");
    embedder.always(failWith(fault));
    const embedding = embed(["a", "b"]);
    await clock.advance(120_000);
    const result = await embedding;
    assert.equal(result.fault, fault);
    const retries = FAULT_POLICIES[kind].retries?.max ?? 0;
    // A harmless text shows that it is away altogether.
    assert.equal(embedder.calls.length, 1 + retries + (kind === "outage" ? 1 : 0));
    assert.equal(clock.slept.length, retries);
    assert.equal(result.byHash.size, 0);
  });
}

for (const kind of ["credentials", "quota", "configuration"] satisfies FaultKind[]) {
  test(`a ${kind} fault is not tried again, by no text`, async () => {
    const { embedder, embed } = setUp({ limits: { maxTextsPerRequest: 1 } });
    const fault = new Fault(kind, "no");
    embedder.always(failWith(fault));
    const result = await embed(["a", "b"]);
    assert.equal(result.fault, fault);
    assert.equal(embedder.calls.length, 1);
  });
}

/** Fails with an outage at every request that holds one of the texts. */
function failAt(...texts: readonly string[]): FakeBehaviour {
  return ({ inputs, answer }) => {
    if (inputs.some(({ text }) => texts.includes(text))) throw new Fault("outage", "fake: 500");
    return answer();
  };
}

for (const poison of [0, 7, 15]) {
  test(`a text at place ${poison} that the embedder fails at is found alone, and blamed for nothing`, async () => {
    const { embedder, clock, embed } = setUp();
    embedder.always(failAt(`text ${poison}`));
    const embedding = embed(TEXTS);
    await clock.advance(120_000);
    const { byHash, fault, use } = await embedding;
    assert.equal(fault, undefined);
    assert.equal(byHash.size, TEXTS.length);
    const failed = [...byHash].flatMap(([text, one]) =>
      "fault" in one ? [[text, one.fault]] : [],
    );
    assert.deepEqual(
      failed.map(([text]) => text),
      [`text ${poison}`],
    );
    const own = byHash.get(`text ${poison}`);
    assert.ok(own && "fault" in own);
    assert.equal(own.fault.kind, "outage");
    assert.match(own.fault.message, /fake: 500/);
    assert.equal(use.texts, TEXTS.length - 1);
    // The retries of the whole, a harmless text, and one path of halves, each sent once.
    assert.equal(embedder.calls.length, TRIES + 1 + 8);
    assert.equal(clock.slept.length, TRIES - 1);
  });
}

test("a single text that the embedder fails at is told from an embedder that is away", async () => {
  const { embedder, clock, embed } = setUp({ limits: { maxTextsPerRequest: 1 } });
  embedder.always(failAt("b"));
  const embedding = embed(["a", "b", "c"]);
  await clock.advance(120_000);
  const { byHash, fault } = await embedding;
  assert.equal(fault, undefined);
  assert.deepEqual(
    ["a", "b", "c"].map((text) => "vector" in (byHash.get(text) ?? {})),
    [true, false, true],
  );
  assert.equal(embedder.calls.length, 2 + TRIES + 1);
});

test("an embedder that goes away amid the halving is noticed before a second text is taken for the reason", async () => {
  const { embedder, clock, embed } = setUp();
  const fault = new Fault("outage", "fake: gone");
  embedder.plan(...Array.from({ length: TRIES }, () => failWith(fault)), ({ answer }) => answer());
  embedder.always(failWith(fault));
  const embedding = embed(TEXTS);
  await clock.advance(120_000);
  const result = await embedding;
  assert.equal(result.fault, fault);
  assert.ok(result.byHash.size <= 1);
  // Halves of 8, 4, 2 and 1, the next one, and a harmless text.
  assert.equal(embedder.calls.length, TRIES + 1 + 4 + 2);
});

test("an embedder that answers nothing but harmless texts is not asked for each text", async () => {
  const { embedder, clock, embed } = setUp();
  embedder.always(failAt(...TEXTS));
  const embedding = embed(TEXTS);
  await clock.advance(120_000);
  const { byHash, fault } = await embedding;
  assert.equal(fault?.kind, "outage");
  assert.equal(byHash.size, 5);
  assert.ok(embedder.calls.length < 2 * TEXTS.length, `${embedder.calls.length} requests`);
});

test("a refusal of the harmless text ends the sending: no text is to blame for a refused key", async () => {
  const { embedder, clock, embed } = setUp();
  const refused = new Fault("credentials", "fake: 401");
  embedder.plan(
    ...Array.from({ length: TRIES }, () => failWith(new Fault("outage", "fake: 500"))),
    failWith(refused),
  );
  const embedding = embed(["a", "b"]);
  await clock.advance(120_000);
  assert.deepEqual([(await embedding).fault, embedder.calls.length], [refused, TRIES + 1]);
});

test("a server that sends Retry-After is away, and is asked nothing meanwhile", async () => {
  const { embedder, clock, embed } = setUp();
  embedder.always(failWith(new Fault("outage", "fake: 503", { retryAfterMs: 20_000 })));
  const embedding = embed(["a", "b"]);
  await clock.advance(120_000);
  assert.deepEqual([(await embedding).fault?.kind, embedder.calls.length], ["outage", TRIES]);
});

test("a stop during the last retry asks for nothing more", async () => {
  const { embedder, clock, embed, stop } = setUp();
  embedder.always(() => {
    if (embedder.calls.length === TRIES) stop.request();
    throw new Fault("outage", "fake: 500");
  });
  const embedding = embed(["a", "b"]);
  await clock.advance(120_000);
  assert.deepEqual([(await embedding).fault?.kind, embedder.calls.length], ["outage", TRIES]);
});

test("a wait longer than a minute is left to a later cycle", async () => {
  const { embedder, clock, embed } = setUp();
  embedder.always(failWith(new Fault("rate", "later", { retryAfterMs: 61_000 })));
  assert.equal((await embed(["a"])).fault?.kind, "rate");
  assert.deepEqual(clock.slept, []);
});

const BAD_VECTORS: [string, Float32Array | null, RegExp][] = [
  ["NaN", Float32Array.of(1, Number.NaN, 1, 1, 1, 1, 1, 1), /not a finite number/],
  ["infinity", Float32Array.of(1, Infinity, 1, 1, 1, 1, 1, 1), /not a finite number/],
  ["zeros", new Float32Array(8), /nothing but zeros/],
  ["too short", Float32Array.of(1), /1 value instead of 8/],
  ["too long", new Float32Array(9).fill(1), /9 values instead of 8/],
  ["none", null, /no vector for this text/],
];

for (const [what, bad, message] of BAD_VECTORS) {
  test(`a vector that is ${what} is not believed, and costs its neighbour nothing`, async () => {
    const { embedder, embed } = setUp();
    embedder.always(({ answer }) => ({ ...answer(), vectors: [bad, answer().vectors[1] ?? null] }));
    const { byHash, fault, use } = await embed(["bad", "good"]);
    const refused = byHash.get("bad");
    assert.ok(refused && "fault" in refused);
    assert.match(refused.fault.message, message);
    assert.equal(refused.fault.kind, "outage");
    assert.ok("vector" in (byHash.get("good") ?? {}));
    assert.equal(fault, undefined);
    // What was billed was billed, believed or not.
    assert.equal(use.texts, 2);
  });
}

test("an answer with too few vectors leaves the rest without one", async () => {
  const { embedder, embed } = setUp();
  embedder.always(({ answer }) => ({ ...answer(), vectors: answer().vectors.slice(0, 1) }));
  const { byHash } = await embed(["a", "b"]);
  assert.ok("vector" in (byHash.get("a") ?? {}));
  assert.ok("fault" in (byHash.get("b") ?? {}));
});

test("a stop before the first request sends none", async () => {
  const { embedder, embed, stop } = setUp();
  stop.request();
  const { byHash, fault } = await embed(["a"]);
  assert.equal(embedder.calls.length, 0);
  assert.equal(byHash.size, 0);
  assert.equal(fault, undefined);
});

test("a stop during a request takes its answer and sends no further one", async () => {
  const { embedder, embed, stop } = setUp({ limits: { maxTextsPerRequest: 1 } });
  embedder.plan(({ answer }) => {
    stop.request();
    return answer();
  });
  const { byHash } = await embed(["a", "b"]);
  assert.deepEqual([...byHash.keys()], ["a"]);
  assert.equal(embedder.calls.length, 1);
});

test("a stop during the halving sends no further half", async () => {
  const { embedder, embed, stop } = setUp();
  embedder.plan(() => {
    stop.request();
    throw new Fault("record", "poison");
  });
  assert.equal((await embed(["a", "b"])).byHash.size, 0);
  assert.equal(embedder.calls.length, 1);
});

test("a stop ends a wait for the rate limit at once", async () => {
  const { embedder, clock, embed, stop } = setUp();
  embedder.always(failWith(new Fault("rate", "later", { retryAfterMs: 30_000 })));
  const embedding = embed(["a"]);
  await settled();
  assert.equal(clock.sleepers, 1);
  stop.request();
  assert.equal((await embedding).fault?.kind, "rate");
  assert.equal(embedder.calls.length, 1);
});

test("a request that never answers ends with the second stage of a stop", async () => {
  const { embedder, clock, embed, stop } = setUp();
  embedder.always(hang);
  const embedding = embed(["a"]);
  await settled();
  stop.request();
  await settled();
  stop.embedding();
  assert.equal((await embedding).fault?.kind, "outage");
  assert.deepEqual(clock.slept, []);
});

test("a text cut at the limit is marked, and its neighbours are not", async () => {
  const { embedder, embed } = setUp({ limits: { maxTokensPerText: 2 } });
  const { byHash } = await embed(["a".repeat(9), "b"]);
  assert.deepEqual(
    [...byHash.values()].map((one) => "truncated" in one && one.truncated),
    [true, false],
  );
  assert.deepEqual(
    embedder.calls[0]?.map(({ text }) => text),
    ["a".repeat(8), "b"],
  );
});

test("a text of which the embedder read only the beginning is marked, and its neighbours are not", async () => {
  const { embedder, embed } = setUp();
  embedder.always(({ inputs, answer }) => ({
    ...answer(),
    truncated: inputs.map(({ text }) => text === "long"),
  }));
  const { byHash } = await embed(["long", "b"]);
  assert.deepEqual(
    [...byHash.values()].map((one) => "truncated" in one && one.truncated),
    [true, false],
  );
});

test("a bug in an embedder is not taken for a fault", async () => {
  const { embedder, embed } = setUp();
  embedder.always(() => {
    throw new TypeError("undefined is not a function");
  });
  await assert.rejects(embed(["a"]), TypeError);
});

/** Answers once it is let; then as it is told. */
function held(then: FakeBehaviour = ({ answer }) => answer()) {
  const gate = Promise.withResolvers<void>();
  const behaviour: FakeBehaviour = async (call) => {
    await gate.promise;
    return then(call);
  };
  return { behaviour, letGo: () => gate.resolve() };
}

const ONE_EACH = { limits: { maxTextsPerRequest: 1 } };

test("once the first request is answered the others go side by side, as many as are admitted", async () => {
  const { embedder, embed } = setUp({ ...ONE_EACH, allowed: { maxConcurrentRequests: 3 } });
  const [first, others] = [held(), held()];
  embedder.plan(first.behaviour);
  embedder.always(others.behaviour);
  const embedding = embed(TEXTS);
  await settled();
  assert.equal(embedder.calls.length, 1);
  first.letGo();
  await settled();
  assert.equal(embedder.calls.length, 1 + 3);
  others.letGo();
  const { byHash, use } = await embedding;
  assert.deepEqual([byHash.size, use.texts, embedder.calls.length], [16, 16, 16]);
});

test("where embedder and store were tried a moment ago, no request goes alone first", async () => {
  const { embedder, embed } = setUp({ ...ONE_EACH, allowed: { maxConcurrentRequests: 3 } });
  const { behaviour, letGo } = held();
  embedder.always(behaviour);
  const embedding = embed(TEXTS, true);
  await settled();
  assert.equal(embedder.calls.length, 3);
  letGo();
  const { byHash, use } = await embedding;
  assert.deepEqual([byHash.size, use.texts], [16, 16]);
});

test("a fault ends all that wait for their turn; what is under way beside it is taken", async () => {
  const { embedder, embed } = setUp({ ...ONE_EACH, allowed: { maxConcurrentRequests: 2 } });
  const quota = new Fault("quota", "fake: no money");
  const [failing, late] = [held(failWith(quota)), held()];
  embedder.plan(({ answer }) => answer(), failing.behaviour, late.behaviour);
  const embedding = embed(TEXTS);
  await settled();
  failing.letGo();
  await settled();
  late.letGo();
  const { byHash, fault } = await embedding;
  assert.deepEqual([[...byHash.keys()], fault], [["text 0", "text 2"], quota]);
  assert.equal(embedder.calls.length, 3);
});

test("a fault cuts short what waits to be repeated beside it", async () => {
  const { embedder, clock, embed } = setUp(ONE_EACH);
  const quota = new Fault("quota", "fake: no money");
  const failing = held(failWith(quota));
  const away = failWith(new Fault("outage", "fake: 503", { retryAfterMs: 30_000 }));
  embedder.plan(({ answer }) => answer(), away, failing.behaviour);
  const embedding = embed(["a", "b", "c"]);
  await settled();
  assert.equal(clock.sleepers, 1);
  failing.letGo();
  const { byHash, fault } = await embedding;
  assert.deepEqual([[...byHash.keys()], fault, clock.sleepers], [["a"], quota, 0]);
});

test("of many requests that fail at once no text is sent twice, and each ends", async () => {
  const { embedder, clock, embed } = setUp({ limits: { maxTextsPerRequest: 4 } });
  const poison = new Set(["text 5", "text 10", "text 15"]);
  embedder.always(({ inputs, answer }) => {
    if (inputs.some(({ text }) => poison.has(text))) throw new Fault("record", "poison");
    return answer();
  });
  const embedding = embed(TEXTS);
  await clock.advance(120_000);
  const { byHash, fault, use } = await embedding;
  const refused = TEXTS.filter((text) => "fault" in (byHash.get(text) ?? {}));
  assert.deepEqual([refused, fault], [[...poison], undefined]);
  assert.deepEqual([byHash.size, use.texts], [16, 13]);
});

test("a caller that asks for no more leaves no request under way", async () => {
  const { embedder, admission, counted, clock, told, events, stop, guard } = setUp(ONE_EACH);
  const late = held();
  embedder.plan(
    ({ answer }) => answer(),
    ({ answer }) => answer(),
    late.behaviour,
  );
  const deps = { embedder, admission, tokens: counted.tokens, clock, events };
  const inputs = ["a", "b", "c", "d"].map((text) => ({ text, hash: text, logId: text }));
  const use = noEmbedding(null);
  const answers = embedTexts(deps, inputs, { stop: stop.signals, use });
  await answers.next();
  await answers.next();
  let left = false;
  const leaving = answers.return().then(() => (left = true));
  await settled();
  assert.equal(left, false, "the request under way is waited for");
  late.letGo();
  await leaving;
  const one = await guard.for("tail").admit([1], stop.signals.requested);
  assert.ok(one && "texts" in one);
  assert.deepEqual(told.breakerOpened, []);
});
