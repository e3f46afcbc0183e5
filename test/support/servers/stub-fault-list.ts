import type { IncomingHttpHeaders } from "node:http";
import { concerns, type StubFault } from "./stub-fault.ts";

/** Which requests a fault befalls; every one where nothing is said. All that is said must hold. */
export type FaultScope = {
  /** Only so many, from now on. */
  next?: number;
  /** Only those of these numbers. */
  requests?: number[];
  /** Only those whose texts are like this. */
  texts?: (texts: readonly string[]) => boolean;
  /** Only those that bring this key. */
  key?: string;
};

type Arrived = { number: number; texts: readonly string[]; headers: IncomingHttpHeaders };

/** The faults of a stub, of which the first one that fits a request befalls it. */
export function createFaultList() {
  let rules: { fault: StubFault; scope: FaultScope; left: number }[] = [];
  return {
    set(fault: StubFault | null, scope: FaultScope = {}): void {
      if (fault === null) rules = [];
      else rules.push({ fault, scope, left: scope.next ?? Number.POSITIVE_INFINITY });
    },
    take(
      { number, texts, headers }: Arrived,
      asked: { dimensions: unknown; encoding: unknown },
    ): StubFault | undefined {
      const rule = rules.find(
        ({ fault, left, scope }) =>
          left > 0 &&
          concerns(fault, asked) &&
          (scope.requests?.includes(number) ?? true) &&
          (scope.texts?.(texts) ?? true) &&
          (scope.key === undefined || headers.authorization === `Bearer ${scope.key}`),
      );
      if (rule !== undefined) rule.left -= 1;
      return rule?.fault;
    },
  };
}
