import assert from "node:assert/strict";
import { test } from "node:test";
import { readSpentMonth } from "../../../src/limits/spent-month.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";

const NOON = Date.parse("2026-04-11T00:00:00Z");

async function spent(days: Record<string, number | null>, now = NOON) {
  const state = createMemoryState();
  for (const [day, usd] of Object.entries(days)) {
    await state.append(`spent-${day}`, { by: "a", n: 1, tokens: 100, usd, held: 0 });
  }
  return readSpentMonth(state, now);
}

test("the month goes on as it did so far", async () => {
  const month = await spent({ "2026-03-31": 50, "2026-04-01": 4, "2026-04-10": 6 });
  assert.deepEqual(month, { month: "2026-04", tokens: 200, cost_usd: 10, forecast_usd: 30 });
});

test("a month that was begun late is not taken for a cheap one", async () => {
  const { forecast_usd: forecast } = await spent({ "2026-04-10": 2 });
  assert.equal(forecast, 2 + 2 * 20);
});

test("nothing spent, and what nobody knows the price of", async () => {
  assert.deepEqual(await spent({}), { month: "2026-04", tokens: 0, cost_usd: 0, forecast_usd: 0 });
  assert.deepEqual(await spent({ "2026-04-10": null }), {
    month: "2026-04",
    tokens: 100,
    cost_usd: null,
    forecast_usd: null,
  });
});

test("a month in which only a part had a known price came to that at least, and forecasts nothing", async () => {
  assert.deepEqual(await spent({ "2026-04-09": 3, "2026-04-10": null }), {
    month: "2026-04",
    tokens: 200,
    cost_usd: 3,
    unpriced_tokens: 100,
    forecast_usd: null,
  });
});

test("the first minutes of a day say little about a month", async () => {
  const { forecast_usd: forecast } = await spent(
    { "2026-04-10": 0.1 },
    Date.parse("2026-04-10T00:05:00Z"),
  );
  assert.ok((forecast ?? Infinity) < 0.1 * 4 * 21 + 0.2, `${forecast}`);
});

test("a line that a full disk had its process write twice counts once", async () => {
  const state = createMemoryState();
  const line = { by: "a", n: 1, tokens: 100, usd: 2, held: 0 };
  for (const one of [line, line, { ...line, n: 2 }, { ...line, by: "b" }]) {
    await state.append("spent-2026-04-10", one);
  }
  const { tokens, cost_usd: cost } = await readSpentMonth(state, NOON);
  assert.deepEqual([tokens, cost], [300, 6]);
});
