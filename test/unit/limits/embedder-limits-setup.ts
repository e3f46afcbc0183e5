import assert from "node:assert/strict";
import { createEmbedderLimits, type Permit } from "../../../src/limits/embedder-limits.ts";
import type { Caller, LimitSettings } from "../../../src/limits/limit-settings.ts";
import { createManualClock, settled, type ManualClock } from "../../support/fakes/manual-clock.ts";
import { createMemoryState, type MemoryState } from "../../support/fakes/memory-state.ts";
import { recordEvents } from "../../support/fakes/recorded-events.ts";

type Setup = {
  price?: number | null;
  /** Of another process at the same time. */
  beside?: { clock: ManualClock; state: MemoryState };
};

/** A guard with everything round it in memory. */
export function setUpGuard(limits: LimitSettings = {}, { price = 1, beside }: Setup = {}) {
  const clock = beside?.clock ?? createManualClock();
  const state = beside?.state ?? createMemoryState();
  const { events, told } = recordEvents();
  const guard = createEmbedderLimits({ state, clock, events, limits, price });
  const stop = new AbortController();
  /** Asks for leave to send texts of these sizes; what came of it is in `got` as soon as there is something. */
  const ask = (caller: Caller, ...sizes: number[]) => {
    const asked: { got?: Awaited<ReturnType<ReturnType<typeof guard.for>["admit"]>> | "nothing" } =
      {};
    const admit = async () => {
      asked.got = (await guard.for(caller).admit(sizes, stop.signal)) ?? "nothing";
    };
    const ended = admit();
    return Object.assign(asked, { ended });
  };
  return { guard, clock, state, told, stop, ask };
}

type Asked = ReturnType<ReturnType<typeof setUpGuard>["ask"]>;

/** The leave that was got by now. */
export async function permitOf(asked: Asked): Promise<Permit> {
  await settled();
  const { got } = asked;
  assert.ok(got && got !== "nothing" && "texts" in got, `no leave, but ${JSON.stringify(got)}`);
  return got;
}

export async function refusalOf(asked: Asked) {
  await settled();
  const { got } = asked;
  assert.ok(got && got !== "nothing" && "fault" in got, `no fault, but ${JSON.stringify(got)}`);
  return got;
}

export async function faultOf(asked: Asked) {
  return (await refusalOf(asked)).fault;
}

export async function assertWaits(asked: Asked): Promise<void> {
  await settled();
  assert.equal(asked.got, undefined, "it does not wait");
}
