import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { createEmbedderLimits } from "../../../src/limits/embedder-limits.ts";
import { askWithinLimits, budgetPrice, costOfReply } from "../../../src/limits/limited-model.ts";
import { readSpent } from "../../../src/limits/spending.ts";
import type { LanguageModel, ModelReply } from "../../../src/ports/language-model.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";

const { signal } = new AbortController();
const QUESTION = { system: "s", user: "u".repeat(1998), schema: {} };

/** A model whose question is at most 1,000 tokens, and whose answer is at most 100. */
function setUp({
  usdPerDay,
  price = { input: 1, output: 10 },
  answer = () => ({ text: "{}", cut: false, tokens: { input: 600, output: 50 } }),
}: {
  usdPerDay?: number;
  price?: LanguageModel["price"];
  answer?: () => ModelReply;
} = {}) {
  const state = createMemoryState();
  const clock = createManualClock();
  let asked = 0;
  const model: LanguageModel = {
    name: "stand-in",
    model: "m",
    maxOutputTokens: 100,
    price,
    ask: async () => {
      asked++;
      return answer();
    },
  };
  const limits = createEmbedderLimits({
    state,
    clock,
    events: { waiting() {}, breakerOpened() {}, breakerClosed() {} },
    limits: usdPerDay === undefined ? {} : { usdPerDay },
    price: budgetPrice(model),
    breakerName: "llm-breaker",
  });
  return {
    state,
    limits,
    asked: () => asked,
    ask: () => askWithinLimits(model, limits, QUESTION, signal),
    async spent() {
      await limits.flush();
      return readSpent(state, clock.now(), usdPerDay);
    },
  };
}

test("a question costs what the server says, each kind of token at its price", async () => {
  const { ask, spent } = setUp();
  await ask();
  const { tokens, cost_usd } = await spent();
  assert.equal(tokens, 650);
  assert.ok(Math.abs((cost_usd ?? 0) - (600 * 1 + 50 * 10) / 1e6) < 1e-12, String(cost_usd));
});

test("a question that today's budget may not pay for is not asked", async () => {
  // One may cost 0.002 USD.
  const { ask, asked, spent } = setUp({ usdPerDay: 0.0025 });
  await ask();
  const refused: unknown = await ask().catch((error: unknown) => error);
  assert.ok(refused instanceof Fault);
  assert.equal(refused.kind, "quota");
  assert.match(refused.message, /MAX_COST_USD_PER_DAY/);
  assert.equal(asked(), 1);
  assert.ok(Math.abs(((await spent()).cost_usd ?? 0) - 0.0011) < 1e-12);
});

test("what a server does not say is counted as the most that it can have been", async () => {
  const { ask, spent } = setUp({ answer: () => ({ text: "{}", cut: false, tokens: null }) });
  assert.deepEqual((await ask()).tokens, { input: 1000, output: 100 });
  assert.ok(Math.abs(((await spent()).cost_usd ?? 0) - 0.002) < 1e-12);
});

test("a refused key stops further questions, and says nothing about the embedder", async () => {
  const { ask, asked, state } = setUp({
    answer: () => {
      throw new Fault("credentials", "wrong key");
    },
  });
  for (let i = 0; i < 3; i++) await assert.rejects(ask(), /wrong key/);
  assert.equal(asked(), 1);
  assert.equal(await state.load("breaker"), undefined);
  assert.ok(await state.load("llm-breaker"));
});

test("without prices tokens are counted, and no cost", async () => {
  const { ask, spent } = setUp({ price: null });
  await ask();
  assert.deepEqual([(await spent()).tokens, (await spent()).cost_usd], [650, null]);
  assert.equal(costOfReply({ price: null }, { input: 1, output: 1 }), null);
});

test("a model that costs nothing is asked within any budget", async () => {
  const { ask, asked } = setUp({ usdPerDay: 0.000001, price: { input: 0, output: 0 } });
  await ask();
  await ask();
  assert.equal(asked(), 2);
});
