import type { FaultKind } from "./faults.ts";

/** Records without a vector, by kind of fault. */
export type FaultCounts = Partial<Record<FaultKind, number>>;

export function addFaultCounts(a: FaultCounts, b: FaultCounts): FaultCounts {
  const sum = new Map<string, number>(Object.entries(a));
  for (const [kind, records] of Object.entries(b)) sum.set(kind, (sum.get(kind) ?? 0) + records);
  return Object.fromEntries(sum);
}
