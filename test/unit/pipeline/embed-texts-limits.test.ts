import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { collectEmbedded } from "./collect-embedded.ts";
import { createEmbedderLimits } from "../../../src/limits/embedder-limits.ts";
import type { LimitSettings } from "../../../src/limits/limit-settings.ts";
import { Fault } from "../../../src/domain/faults.ts";
import {
  createFakeEmbedder,
  failWith,
  type FakeOptions,
} from "../../support/fakes/fake-embedder.ts";
import { createManualClock, settled } from "../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";
import { recordEvents } from "../../support/fakes/recorded-events.ts";
import { createManualStop } from "../../support/fakes/stop-signals.ts";
import { createTokens } from "../../support/fakes/token-counter.ts";

/** Whose tokens are counted here: a token is four characters, as it is to the fake embedder. */
const COUNTED = "text-embedding-3-large";

function setUp({
  limits = {},
  ...options
}: { limits?: LimitSettings } & Omit<FakeOptions, "limits">) {
  const clock = createManualClock();
  const embedder = createFakeEmbedder({ model: COUNTED, ...options });
  const { events, told } = recordEvents();
  const price = embedder.pricePerMillionTokens;
  const guard = createEmbedderLimits({ state: createMemoryState(), clock, events, limits, price });
  const stop = createManualStop();
  const { tokens } = createTokens();
  const embed = (texts: readonly string[], caller: "backfill" | "tail" = "backfill") =>
    collectEmbedded(
      { embedder, admission: guard.for(caller), tokens, clock, events },
      texts.map((text) => ({ text, hash: text, logId: text })),
      { stop: stop.signals },
    );
  return { clock, embedder, guard, told, stop, embed };
}

function numbered(count: number, length = 40): string[] {
  return Array.from({ length: count }, (_, i) => String(i).padEnd(length, "."));
}

test("texts that fit into this minute are sent now, the rest in the next, each once", async () => {
  const { embed, embedder, clock } = setUp({ limits: { tokensPerMinute: 400 } });
  const embedding = embed(numbered(100));
  await clock.advance(180_000);
  const { byHash, fault, use } = await embedding;
  assert.deepEqual([byHash.size, fault, use.texts], [100, undefined, 100]);
  assert.deepEqual(
    embedder.calls.map(({ length }) => length),
    [40, 40, 20],
  );
});

test("an embedder that refuses this process is asked once, by all that have something to send", async () => {
  const { embed, embedder, guard } = setUp({});
  embedder.always(failWith(new Fault("quota", "fake: no money")));
  for (const caller of ["backfill", "tail", "backfill"] as const) {
    assert.equal((await embed(numbered(3), caller)).fault?.kind, "quota");
  }
  assert.equal(embedder.calls.length, 1);
  guard.startRun();
  assert.equal((await embed(numbered(3))).fault?.kind, "quota");
  assert.equal(embedder.calls.length, 2);
});

test("one that refuses every text for its own sake, a harmless one too, is not asked again either", async () => {
  const { embed, embedder, told } = setUp({});
  embedder.always(failWith(new Fault("record", "fake: no such path")));
  assert.equal((await embed(numbered(4))).fault?.kind, "configuration");
  assert.equal(embedder.calls.length, 2 * 4);
  assert.equal((await embed(numbered(4))).fault?.kind, "configuration");
  assert.equal(embedder.calls.length, 2 * 4);
  assert.equal(told.breakerOpened.length, 1);
});

test("once the budget is used up the rest is not sent, and what was sent has its vectors", async () => {
  const { embed, embedder, told } = setUp({
    limits: { usdPerDay: 25 },
    pricePerMillionTokens: 1e6,
  });
  const { byHash, fault, use } = await embed(numbered(4));
  assert.deepEqual([byHash.size, fault?.selfImposed, use.cost_usd], [2, true, 20]);
  assert.equal(embedder.calls.length, 1);
  await embed(numbered(4));
  assert.deepEqual(
    told.budgetReached.map(({ texts }) => texts),
    [2],
  );
});

test("where texts were refused and no harmless one can be paid for, none of them is to blame", async () => {
  const { embed, embedder } = setUp({ limits: { tokensPerCycle: 15 } });
  embedder.always(failWith(new Fault("record", "fake: refused")));
  const { byHash, fault } = await embed(numbered(1));
  assert.equal(fault?.selfImposed, true);
  assert.equal(byHash.size, 0);
});

test("a stop while the limit is waited for keeps what has come, and blames nobody", async () => {
  const { embed, clock, stop } = setUp({ limits: { requestsPerMinute: 1, tokensPerMinute: 100 } });
  const embedding = embed(numbered(20));
  await settled();
  assert.equal(clock.sleepers, 1);
  stop.request();
  const { byHash, fault } = await embedding;
  assert.deepEqual([byHash.size, fault], [10, undefined]);
});

test("a retry asks for its turn like any other request", async () => {
  const { embed, embedder, clock } = setUp({ limits: { requestsPerMinute: 1 } });
  embedder.plan(failWith(new Fault("outage", "fake: reset")));
  const embedding = embed(numbered(1));
  await clock.advance(59_999);
  assert.equal(embedder.calls.length, 1);
  await clock.advance(1);
  assert.equal((await embedding).byHash.size, 1);
});

for (const refused of [1, 3, 16]) {
  test(`limits make no more requests of ${refused} refused among sixteen than halving may take`, async () => {
    const { embed, embedder, clock } = setUp({ limits: { tokensPerMinute: 50 } });
    const texts = numbered(16);
    const poison = new Set(texts.filter((_, i) => i % Math.ceil(16 / refused) === 0));
    embedder.always(({ inputs, answer }) => {
      if (inputs.some(({ text }) => poison.has(text))) throw new Fault("record", "poison");
      return answer();
    });
    const embedding = embed(texts);
    await clock.advance(20 * 60_000);
    const { byHash, use } = await embedding;
    const faulty = texts.filter((text) => "fault" in (byHash.get(text) ?? {}));
    assert.deepEqual(faulty, [...poison]);
    assert.ok(use.requests <= 2 * 16, `${use.requests} requests`);
    assert.equal(use.requests, embedder.calls.length);
  });
}

const anyText = fc.record({
  length: fc.integer({ min: 1, max: 120 }),
  poison: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});

test("with any texts and limits, no minute holds more than allowed, no budget is overspent, and all texts end", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyText, { maxLength: 40 }),
      fc.record({
        requestsPerMinute: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
        tokensPerMinute: fc.option(fc.integer({ min: 5, max: 200 }), { nil: undefined }),
        tokensPerCycle: fc.option(fc.integer({ min: 10, max: 500 }), { nil: undefined }),
        usdPerDay: fc.option(fc.integer({ min: 10, max: 500 }), { nil: undefined }),
      }),
      fc.constantFrom(COUNTED, "bge-m3"),
      async (drawn, allowed, model) => {
        const limits = withoutUndefined(allowed);
        const { embed, embedder, clock } = setUp({ limits, model, pricePerMillionTokens: 1e6 });
        const requests: { at: number; tokens: number; texts: number; billed: number }[] = [];
        embedder.always(({ inputs, answer }) => {
          const { tokens: billed } = answer();
          const refused = inputs.some(({ text }) => text.startsWith("poison"));
          const tokens = refused ? 0 : (billed ?? 0);
          requests.push({ at: clock.now(), tokens, texts: inputs.length, billed: tokens });
          if (refused) throw new Fault("record", "poison");
          return answer();
        });
        const texts = drawn.map(({ length, poison }, i) =>
          `${poison ? "poison" : "good"} ${i} `.padEnd(length, "x"),
        );
        const embedding = embed(texts);
        await clock.advance(6 * 3_600_000);
        const { byHash, fault } = await embedding;

        for (const { at } of requests) {
          const minute = requests.filter((one) => one.at <= at && one.at > at - 60_000);
          assert.ok(minute.length <= (limits.requestsPerMinute ?? Infinity));
          const tokens = minute.reduce((sum, one) => sum + one.tokens, 0);
          const alone = minute.filter((one) => one.tokens > 0).length === 1;
          const one = alone && minute.some((sent) => sent.tokens > 0 && sent.texts === 1);
          assert.ok(one || tokens <= (limits.tokensPerMinute ?? Infinity), `${tokens} tokens`);
        }
        const billed = requests.reduce((sum, request) => sum + request.billed, 0);
        const budget = Math.min(limits.tokensPerCycle ?? Infinity, limits.usdPerDay ?? Infinity);
        assert.ok(billed <= budget, `${billed} billed of ${budget}`);
        if (fault) assert.equal(fault.selfImposed, true, fault.message);
        else assert.equal(byHash.size, texts.length);
        for (const [text, entry] of byHash) {
          assert.equal("fault" in entry, text.startsWith("poison"), text);
        }
      },
    ),
    { numRuns: 200 },
  );
});

function withoutUndefined(limits: {
  [Name in keyof LimitSettings]: LimitSettings[Name] | undefined;
}): LimitSettings {
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined));
}
