import assert from "node:assert/strict";
import { test } from "node:test";
import { readSpent } from "../../../src/limits/spending.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { faultOf, permitOf, refusalOf, setUpGuard } from "./embedder-limits-setup.ts";

/** At a dollar a token. */
const DOLLAR = 1e6;

test("the share of the cycle's tokens that is used is known, where they are limited", async () => {
  const { guard, ask } = setUpGuard({ tokensPerCycle: 100 });
  guard.startRun();
  assert.equal(guard.cycleShare(), 0);
  (await permitOf(ask("backfill", 30))).answered(25, undefined);
  (await permitOf(ask("tail", 30))).answered(25, undefined);
  assert.equal(guard.cycleShare(), 0.25);
  guard.startRun();
  assert.equal(guard.cycleShare(), 0);
  assert.equal(setUpGuard().guard.cycleShare(), undefined);
});

test("a request shrinks to what is left of the cycle's tokens, and then there is a budget fault", async () => {
  const { ask, guard, told } = setUpGuard({ tokensPerCycle: 100 });
  guard.startRun();
  const first = await permitOf(ask("backfill", 60, 60, 30));
  assert.deepEqual(first.texts, [0, 2]);
  first.answered(90, undefined);
  const { fault, news } = await refusalOf(ask("backfill", 60, 11));
  assert.deepEqual([fault.kind, fault.selfImposed], ["quota", true]);
  assert.match(fault.message, /MAX_TOKENS_PER_CYCLE is reached: 90 of 100/);
  assert.deepEqual(news, {});
  assert.equal((await refusalOf(ask("backfill", 60))).news, undefined);
  assert.equal(guard.cycleShare(), 1, "of no use to anybody is what is left");
  guard.startRun();
  assert.equal(guard.cycleShare(), 0);
  assert.deepEqual(told.breakerOpened, []);
});

test("the next cycle has its own, and that it is used up is news again", async () => {
  const { ask, guard } = setUpGuard({ tokensPerCycle: 10 });
  for (let cycle = 0; cycle < 2; cycle++) {
    guard.startRun();
    (await permitOf(ask("backfill", 10))).answered(10, undefined);
    assert.deepEqual((await refusalOf(ask("backfill", 1))).news, {});
  }
});

test("a text too long for what is left does not keep shorter ones behind it from their turn", async () => {
  const { ask, guard } = setUpGuard({ tokensPerCycle: 10 });
  guard.startRun();
  assert.deepEqual((await permitOf(ask("backfill", 11, 4, 4, 4))).texts, [1, 2]);
});

test("the tail and workers are not held to the budget of a cycle", async () => {
  const { ask, guard } = setUpGuard({ tokensPerCycle: 10 });
  guard.startRun();
  for (const caller of ["tail", "worker"] as const) {
    (await permitOf(ask(caller, 500))).answered(500, undefined);
  }
  await permitOf(ask("backfill", 10));
});

test("a reservation that was not billed can be used by the next request", async () => {
  const { ask, guard } = setUpGuard({ tokensPerCycle: 100, usdPerDay: 100 }, { price: DOLLAR });
  guard.startRun();
  (await permitOf(ask("backfill", 100))).failed(new Fault("record", "no"));
  const second = await permitOf(ask("backfill", 100));
  await faultOf(ask("backfill", 1));
  second.answered(40, undefined);
  await permitOf(ask("backfill", 60));
});

test("a request that may have been carried out though no answer came counts as paid for", async () => {
  const { ask } = setUpGuard({ usdPerDay: 100 }, { price: DOLLAR });
  (await permitOf(ask("tail", 70))).failed(
    new Fault("outage", "timeout", { possiblyBilled: true }),
  );
  await faultOf(ask("tail", 31));
  await permitOf(ask("tail", 30));
});

test("a day's budget is kept over restarts, and whole again on the next day", async () => {
  const first = setUpGuard({ usdPerDay: 100 }, { price: DOLLAR });
  (await permitOf(first.ask("tail", 80))).answered(75, undefined);
  await first.guard.flush();

  const second = setUpGuard({ usdPerDay: 100 }, { price: DOLLAR, beside: first });
  assert.deepEqual((await permitOf(second.ask("backfill", 20, 20))).texts, [0]);
  assert.equal(second.guard.isDayReached(), false);
  const { fault, news } = await refusalOf(second.ask("backfill", 20));
  assert.match(fault.message, /MAX_COST_USD_PER_DAY is reached: \$95 of \$100/);
  assert.match(fault.hint ?? "", /2026-01-03T00:00Z/);
  assert.deepEqual(news, { resumesAt: new Date("2026-01-03T00:00:00Z") });
  assert.equal((await refusalOf(second.ask("backfill", 20))).news, undefined);

  assert.equal(second.guard.isDayReached(), true);
  await second.clock.advance(24 * 3_600_000);
  assert.equal(second.guard.isDayReached(), false);
  await permitOf(second.ask("backfill", 100));
  assert.ok((await refusalOf(second.ask("backfill", 100))).news);
});

test("a request in flight at midnight is paid for by the day on which it was sent", async () => {
  const { ask, clock, guard, state } = setUpGuard({ usdPerDay: 100 }, { price: DOLLAR });
  const late = await permitOf(ask("tail", 90));
  await clock.advance(24 * 3_600_000);
  const early = await permitOf(ask("tail", 100));
  late.answered(90, undefined);
  early.answered(10, undefined);
  await guard.flush();
  const spentOn = async (day: string) => (await readSpent(state, Date.parse(day), 100)).cost_usd;
  assert.equal(await spentOn("2026-01-02"), 90);
  assert.equal(await spentOn("2026-01-03"), 10);
});

test("two in one process at once never have the same money", async () => {
  const { ask } = setUpGuard({ usdPerDay: 100 }, { price: DOLLAR });
  const asked = [ask("backfill", 60), ask("tail", 60)];
  await Promise.all(asked.map(({ ended }) => ended));
  const got = asked.filter((one) => typeof one.got === "object" && "texts" in one.got);
  assert.equal(got.length, 1);
});

test("two processes at once never spend more than the day's budget, and leave none of it over", async () => {
  const first = setUpGuard({ usdPerDay: 100 }, { price: DOLLAR });
  const second = setUpGuard({ usdPerDay: 100 }, { price: DOLLAR, beside: first });
  let billed = 0;
  const spend = async ({ ask }: typeof first) => {
    for (;;) {
      const asked = ask("tail", 7, 3, 1);
      await asked.ended;
      const { got } = asked;
      if (!got || got === "nothing" || "fault" in got) return;
      const tokens = got.texts.reduce((sum, place) => sum + ([7, 3, 1][place] ?? 0), 0);
      billed += tokens;
      got.answered(tokens, undefined);
    }
  };
  await Promise.all([spend(first), spend(second)]);
  await Promise.all([first.guard.flush(), second.guard.flush()]);
  await spend(first);
  assert.equal(billed, 100);
});

test("two that ask for more than is left in the same moment: one gets it, the other the rest, and no cent is lost", async () => {
  const first = setUpGuard({ usdPerDay: 100 }, { price: DOLLAR });
  const second = setUpGuard({ usdPerDay: 100 }, { price: DOLLAR, beside: first });
  const asked = [first.ask("tail", 60, 40), second.ask("tail", 60, 40)];
  await Promise.all(asked.map(({ ended }) => ended));
  const sizes: number[] = [];
  for (const one of asked) {
    const { got } = one;
    if (!got || got === "nothing" || "fault" in got) continue;
    sizes.push(...got.texts.map((place) => [60, 40][place] ?? 0));
    got.failed(new Fault("record", "no"));
  }
  assert.ok(sizes.reduce((a, b) => a + b, 0) <= 100, sizes.join());
  await Promise.all([first.guard.flush(), second.guard.flush()]);
  const third = setUpGuard({ usdPerDay: 100 }, { price: DOLLAR, beside: first });
  await permitOf(third.ask("tail", 100));
});

test("a reservation that one process did not use may be spent by another once it has settled", async () => {
  const first = setUpGuard({ usdPerDay: 1000 }, { price: DOLLAR });
  const permit = await permitOf(first.ask("backfill", 1000));
  const second = setUpGuard({ usdPerDay: 1000 }, { price: DOLLAR, beside: first });
  await faultOf(second.ask("tail", 1));
  permit.answered(400, undefined);
  await faultOf(second.ask("tail", 1));
  await first.guard.flush();
  await permitOf(second.ask("tail", 600));
});

test("many small requests make few lines, and they are short", async () => {
  const { ask, clock, guard, state } = setUpGuard({ usdPerDay: 5 }, { price: 0.13 });
  let tokens = 0;
  for (let second = 0; second < 100; second++) {
    for (let request = 0; request < 10; request++) {
      (await permitOf(ask("backfill", 300))).answered(290, undefined);
      tokens += 290;
    }
    await clock.advance(1000);
  }
  await guard.flush();
  assert.ok(state.appended.length <= 30, `${state.appended.length} lines`);
  for (const { line } of state.appended) assert.ok(JSON.stringify(line).length < 150);
  const spent = await readSpent(state, clock.now(), 5);
  assert.equal(spent.tokens, tokens);
  assert.ok(Math.abs((spent.cost_usd ?? 0) - (tokens * 0.13) / 1e6) < 1e-9);
});

test("an unknown price leaves the cost unknown; what is free is not written down", async () => {
  const unknown = setUpGuard({}, { price: null });
  (await permitOf(unknown.ask("tail", 10))).answered(10, undefined);
  await unknown.guard.flush();
  const spent = await readSpent(unknown.state, unknown.clock.now(), undefined);
  assert.deepEqual(spent, { day: "2026-01-02", tokens: 10, cost_usd: null, limit_usd: null });

  const free = setUpGuard({}, { price: 0 });
  (await permitOf(free.ask("tail", 10))).answered(10, undefined);
  await free.guard.flush();
  assert.deepEqual(free.state.appended, []);
});

test("a day on which the price was known only later cost at least what is known, and the limit holds for that", async () => {
  const unknown = setUpGuard({}, { price: null });
  (await permitOf(unknown.ask("tail", 10))).answered(10, undefined);
  await unknown.guard.flush();
  const priced = setUpGuard({ usdPerDay: 7 }, { price: DOLLAR, beside: unknown });
  (await permitOf(priced.ask("tail", 5))).answered(5, undefined);
  await faultOf(priced.ask("tail", 5));
  await priced.guard.flush();
  assert.deepEqual(await readSpent(unknown.state, unknown.clock.now(), 7), {
    day: "2026-01-02",
    tokens: 15,
    cost_usd: 5,
    unpriced_tokens: 10,
    limit_usd: 7,
  });
});

test("journals are removed after sixty days, and other journals are left alone", async () => {
  const { ask, clock, guard, state } = setUpGuard();
  for (const ledger of ["spent-2025-11-02", "spent-2025-11-03", "other-2020-01-01"]) {
    await state.append(ledger, {});
  }
  assert.equal(new Date(clock.now()).toISOString().slice(0, 10), "2026-01-02");
  (await permitOf(ask("tail", 10))).answered(10, undefined);
  await guard.flush();
  assert.deepEqual((await state.journals()).toSorted(), [
    "other-2020-01-01",
    "spent-2025-11-03",
    "spent-2026-01-02",
  ]);
});

test("lines that nobody can read count as none", async () => {
  const { ask, state } = setUpGuard({ usdPerDay: 100 }, { price: DOLLAR });
  await state.append("spent-2026-01-02", { tokens: "many" });
  await permitOf(ask("tail", 100));
});
