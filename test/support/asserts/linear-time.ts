import assert from "node:assert/strict";

const SHORT = 20_000;
/** A pattern that goes back over its text would take 256 times as long for it. */
const TIMES_LONGER = 16;
const TRIES = 5;
const LEAST_US = 1000;

/** Fails where the work on a text of nothing but `unit` grows faster than the text. */
export function assertLinear(work: (text: string) => unknown, unit: string, shorter = SHORT): void {
  const cost = (length: number) => {
    const text = unit.repeat(length / unit.length);
    return processorTimeUs(() => work(text));
  };
  const longer = TIMES_LONGER * shorter;
  const [short, long] = [cost(shorter), cost(longer)];
  assert.ok(
    long < 100 * short,
    `${longer} characters took ${long} µs, ${shorter} took ${short} µs`,
  );
}

/** The best of some tries, and a millisecond at least: whatever else the machine does only makes them slower. */
export function processorTimeUs(work: () => unknown): number {
  const times = Array.from({ length: TRIES }, () => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  });
  return Math.max(LEAST_US, Math.min(...times));
}
