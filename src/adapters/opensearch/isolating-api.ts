import { Fault } from "../../domain/faults.ts";
import type { Api } from "./api.ts";
import {
  bisectIndices,
  originalFault,
  type Bisected,
  type FailureAttribution,
} from "./failure-attribution.ts";

/** An API that tells an index that fails from a cluster that is away, and for a while asks nothing of such an index. */
export type IsolatingApi = Api & {
  attribution: FailureAttribution;
  /** By index: how reading failed, and until when it is not tried again, by `performance.now()`. */
  unreadable: Map<string, { fault: Fault; until: number }>;
};

/** Each try of an index that does not answer takes as long as a request may take. */
const SKIP_UNREADABLE_MS = 60_000;

export function createIsolatingApi(api: Api, attribution: FailureAttribution): IsolatingApi {
  return { ...api, attribution, unreadable: new Map() };
}

/**
 * Reads from all the indices at once, and from fewer and fewer of them where one of them fails the whole; one that failed
 * is then left out for a minute, and asked apart after that. Throws the Fault where the cluster is to blame.
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
  // Nobody else is known who could answer: it may as well be the cluster.
  if (only && !attribution.knowsOthers(only.index)) throw originalFault(only.fault);
  for (const index of asked) unreadable.delete(index);
  for (const { index, fault } of failed) {
    unreadable.set(index, { fault, until: performance.now() + SKIP_UNREADABLE_MS });
  }
  return { answers: parts.flatMap(({ answers }) => answers), failed: [...known, ...failed] };
}

/** Why an index was not read, as the end of a sentence. */
export function unreadableReason(fault: Fault): string {
  return `it is not read, though OpenSearch answers for others: ${originalFault(fault).message}`;
}
