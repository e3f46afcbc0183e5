import { Fault } from "../../domain/faults.ts";
import type { Api } from "./api.ts";
import {
  bisectIndices,
  originalFault,
  type Bisected,
  type FailureAttribution,
} from "./failure-attribution.ts";

/** An API for reads that isolates a failing index from the others and skips it for a while. */
export type IsolatingApi = Api & {
  attribution: FailureAttribution;
  /** By index: the failure, and until when (`performance.now()`) the index is skipped. */
  unreadable: Map<string, { fault: Fault; until: number }>;
};

/** Each attempt at an unresponsive index takes the full request timeout. */
const SKIP_UNREADABLE_MS = 60_000;

export function createIsolatingApi(api: Api, attribution: FailureAttribution): IsolatingApi {
  return { ...api, attribution, unreadable: new Map() };
}

/**
 * Reads from all indices at once; where a failure may come from one of them it bisects. A failing index is skipped for
 * a minute and read separately after that. Throws the Fault where the cluster is the cause.
 */
export async function readIsolatingFailures<T>(
  { attribution, unreadable }: IsolatingApi,
  indices: readonly string[],
  ask: (part: readonly string[]) => Promise<T>,
  signal: AbortSignal,
): Promise<Bisected<T>> {
  const now = performance.now();
  const known = indices.flatMap((index) => {
    const { fault, until } = unreadable.get(index) ?? {};
    return fault && until !== undefined && until > now ? [{ index, fault }] : [];
  });
  const leftOut = new Set(known.map(({ index }) => index));
  const asked = indices.filter((index) => !leftOut.has(index));
  const [suspect, sound] = [true, false].map((is) => asked.filter((i) => unreadable.has(i) === is));
  const parts = await Promise.all(
    [sound ?? [], ...(suspect ?? []).map((index) => [index])].map((part) =>
      bisectIndices(attribution, part, ask, signal),
    ),
  );
  const failed = parts.flatMap((part) => part.failed);
  const [only] = failed;
  // With no other index to compare with, the cluster may be the cause.
  if (only && !attribution.knowsOthers(only.index)) throw originalFault(only.fault);
  for (const index of asked) unreadable.delete(index);
  for (const { index, fault } of failed) {
    unreadable.set(index, { fault, until: performance.now() + SKIP_UNREADABLE_MS });
  }
  return { answers: parts.flatMap(({ answers }) => answers), failed: [...known, ...failed] };
}

/** The reason of a gap, as the end of a sentence. */
export function unreadableReason(fault: Fault): string {
  return `it cannot be read, though OpenSearch answers for other indices: ${originalFault(fault).message}`;
}
