import assert from "node:assert/strict";
import { test } from "node:test";
import { createProcessMemory } from "../../../../src/adapters/process/processes.ts";

const MACHINE = 16e9;

function memory(constrained: number | undefined, heap = 4e9) {
  return createProcessMemory({
    residentBytes: () => 1e8,
    constrainedBytes: () => constrained,
    totalBytes: () => MACHINE,
    heapLimitBytes: () => heap,
  });
}

test("the limit is that of the container", () => {
  assert.deepEqual(memory(512e6).now(), { usedBytes: 1e8, limitBytes: 512e6 });
});

for (const [where, constrained] of [
  ["there is no cgroup", undefined],
  ["the system does not tell it", 0],
  ["a cgroup has no limit", 2 ** 64],
] as const) {
  test(`where ${where} the limit is what the machine has`, () => {
    assert.equal(memory(constrained).now().limitBytes, MACHINE);
  });
}

test("objects may fill the heap's limit, or the container's where that is less", () => {
  assert.equal(memory(undefined).heapBytes(), 4e9);
  assert.equal(memory(512e6).heapBytes(), 512e6);
});

test("this process holds something, and has a limit", () => {
  const { usedBytes, limitBytes } = createProcessMemory().now();
  assert.ok(usedBytes > 10e6 && usedBytes < limitBytes);
});
