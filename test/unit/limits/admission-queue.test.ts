import assert from "node:assert/strict";
import { test } from "node:test";
import type { Caller } from "../../../src/limits/limit-settings.ts";
import { createAdmissionQueue, type Ticket } from "../../../src/limits/admission-queue.ts";

function callers(
  line: ReturnType<typeof createAdmissionQueue>,
  turns: number,
): (Caller | undefined)[] {
  return Array.from({ length: turns }, () => {
    const first = line.first();
    if (first) line.dequeue(first);
    return first?.caller;
  });
}

function join(line: ReturnType<typeof createAdmissionQueue>, ...all: Caller[]): Ticket[] {
  return all.map((caller) => line.enqueue(caller));
}

test("the tail goes before the backfill that waited longer", () => {
  const line = createAdmissionQueue();
  join(line, "backfill", "tail", "worker", "tail");
  assert.deepEqual(callers(line, 5), ["tail", "tail", "backfill", "worker", undefined]);
});

test("among equals who came first goes first", () => {
  const line = createAdmissionQueue();
  const [first, second] = join(line, "tail", "tail");
  assert.equal(line.first(), first);
  if (first) line.cancel(first);
  assert.equal(line.first(), second);
});

test("a tail that never stops lets one of the backfill through after four of its own", () => {
  const line = createAdmissionQueue();
  join(line, "backfill", "backfill");
  join(line, ...Array.from({ length: 12 }, () => "tail" as const));
  const round = ["tail", "tail", "tail", "tail", "backfill"];
  assert.deepEqual(callers(line, 11), [...round, ...round, "tail"]);
});

test("requests that the tail sent while no other caller waited do not count against it", () => {
  const line = createAdmissionQueue();
  join(line, ...Array.from({ length: 9 }, () => "tail" as const));
  callers(line, 8);
  join(line, "backfill");
  assert.deepEqual(callers(line, 2), ["tail", "backfill"]);
});

test("somebody who waits for a search goes before the backfill too, in turn with the tail", () => {
  const line = createAdmissionQueue();
  join(line, "backfill", "tail", "search", "worker");
  assert.deepEqual(callers(line, 4), ["tail", "search", "backfill", "worker"]);
});
