import assert from "node:assert/strict";
import { test } from "node:test";
import { readBreaker } from "../../../src/limits/breaker.ts";
import { FAULT_POLICIES } from "../../../src/domain/fault-policy.ts";
import { Fault, FAULT_KINDS } from "../../../src/domain/faults.ts";
import { settled } from "../../support/fakes/manual-clock.ts";
import { assertWaits, faultOf, permitOf, setUpGuard } from "./embedder-limits-setup.ts";

const REFUSED = new Fault("credentials", "fake: 401", { hint: "Check the key." });

async function opened(...args: Parameters<typeof setUpGuard>) {
  const setup = setUpGuard(...args);
  (await permitOf(setup.ask("backfill", 1))).failed(REFUSED);
  return setup;
}

for (const kind of FAULT_KINDS) {
  const { opensBreaker } = FAULT_POLICIES[kind];
  test(`a fault of kind ${kind} ${opensBreaker ? "keeps" : "does not keep"} the next from asking`, async () => {
    const { ask, told, guard, state } = setUpGuard();
    const fault = new Fault(kind, "fake: no");
    (await permitOf(ask("backfill", 1))).failed(fault);
    const next = ask("tail", 1);
    await guard.flush();
    if (opensBreaker) {
      assert.equal((await faultOf(next)).kind, kind);
      assert.deepEqual(told.breakerOpened, [{ fault }]);
      assert.equal((await readBreaker(state))?.kind, kind);
    } else {
      await permitOf(next);
      assert.deepEqual(told.breakerOpened, []);
      assert.equal(await readBreaker(state), undefined);
    }
  });
}

test("while it is open everybody is answered at once: since when, and what to do", async () => {
  const { ask, clock } = await opened();
  const since = new Date(clock.now()).toISOString();
  await clock.advance(30_000);
  for (const caller of ["backfill", "tail", "worker"] as const) {
    const fault = await faultOf(ask(caller, 1));
    assert.equal(fault.kind, "credentials");
    assert.ok(fault.message.includes("fake: 401") && fault.message.includes(since), fault.message);
    assert.equal(fault.hint, "Check the key.");
  }
  assert.deepEqual(clock.slept, []);
});

test("the next cycle tries with one request, for which all others wait; its success lets them go", async () => {
  const { ask, guard, told, state } = await opened();
  guard.startRun();
  const trying = await permitOf(ask("backfill", 1));
  const [second, third] = [ask("tail", 1), ask("backfill", 1)];
  await assertWaits(second);
  await assertWaits(third);
  trying.answered(1, undefined);
  await permitOf(second);
  await permitOf(third);
  await guard.flush();
  assert.equal(told.breakerOpened.length, 1);
  assert.equal(told.breakerClosed.length, 1);
  assert.equal(await readBreaker(state), undefined);
});

test("the next cycle's one request is refused again: so are those that waited for it, and nothing is told twice", async () => {
  const { ask, guard, told, clock } = await opened();
  const since = new Date(clock.now()).toISOString();
  await clock.advance(5000);
  guard.startRun();
  const trying = await permitOf(ask("backfill", 1));
  const second = ask("tail", 1);
  trying.failed(new Fault("credentials", "fake: 401 again"));
  const { message } = await faultOf(second);
  assert.ok(message.includes("401 again") && message.includes(since), message);
  assert.equal(told.breakerOpened.length, 1);
  assert.deepEqual(told.breakerClosed, []);
});

test("where no cycle begins one tries after a minute, then after two, up to ten", async () => {
  const { ask, clock } = await opened();
  for (const waitMs of [60, 120, 240, 480, 600, 600].map((s) => s * 1000)) {
    await clock.advance(waitMs - 1);
    await faultOf(ask("tail", 1));
    await clock.advance(1);
    (await permitOf(ask("tail", 1))).failed(REFUSED);
  }
});

for (const kind of ["record", "rate", "outage"] as const) {
  test(`a try that ends with ${kind} decides nothing: the next one tries`, async () => {
    const { ask, guard, told } = await opened();
    guard.startRun();
    (await permitOf(ask("backfill", 1))).failed(new Fault(kind, "fake: no"));
    const next = await permitOf(ask("backfill", 1));
    await assertWaits(ask("tail", 1));
    next.answered(1, undefined);
    assert.equal(told.breakerClosed.length, 1);
  });
}

test("several that were in flight together open it once, and their late success does not close it", async () => {
  const { ask, told, clock } = setUpGuard();
  const [a, b, c] = [ask("tail", 1), ask("tail", 1), ask("tail", 1)];
  const permits = [await permitOf(a), await permitOf(b), await permitOf(c)];
  permits[0]?.failed(REFUSED);
  permits[1]?.failed(REFUSED);
  permits[2]?.answered(1, undefined);
  assert.equal(told.breakerOpened.length, 1);
  await faultOf(ask("tail", 1));
  await clock.advance(60_000);
  await permitOf(ask("tail", 1));
});

test("another reason than before is told again, with its own beginning", async () => {
  const { ask, guard, told, clock, state } = await opened();
  await clock.advance(5000);
  guard.startRun();
  (await permitOf(ask("backfill", 1))).failed(new Fault("quota", "fake: no money"));
  await guard.flush();
  assert.deepEqual(
    told.breakerOpened.map(({ fault }) => fault.kind),
    ["credentials", "quota"],
  );
  const left = await readBreaker(state);
  assert.equal(left?.since, new Date(clock.now()).toISOString());
});

test("a new process knows of it, and its first request decides", async () => {
  const left = await opened();
  await left.guard.flush();
  const second = setUpGuard({}, { beside: left });
  await second.guard.load();
  const trying = await permitOf(second.ask("backfill", 1));
  await assertWaits(second.ask("tail", 1));
  trying.failed(REFUSED);
  await second.guard.flush();
  assert.deepEqual(second.told.breakerOpened, []);

  const third = setUpGuard({}, { beside: left });
  await third.guard.load();
  (await permitOf(third.ask("backfill", 1))).answered(1, undefined);
  await third.guard.flush();
  assert.equal(third.told.breakerClosed.length, 1);
  assert.equal(await readBreaker(left.state), undefined);
});

test("a process that ends at once has kept it for the next", async () => {
  const left = setUpGuard();
  const { save } = left.state;
  left.state.save = async (...document) => {
    await settled();
    return save(...document);
  };
  (await permitOf(left.ask("backfill", 1))).failed(REFUSED);
  await left.guard.flush();
  assert.equal((await readBreaker(left.state))?.kind, "credentials");
});

test("a saved state of another version is no reason to refuse", async () => {
  const { guard, ask, state } = setUpGuard();
  await state.save("breaker", { open: true, kind: 7 });
  await guard.load();
  await permitOf(ask("tail", 1));
  await permitOf(ask("tail", 1));
  assert.equal(await readBreaker(state), undefined);
});

test("a mistake of ours in the one that tries lets the next one try", async () => {
  const { ask, guard } = await opened();
  guard.startRun();
  (await permitOf(ask("backfill", 1))).failed(undefined);
  await permitOf(ask("backfill", 1));
});
