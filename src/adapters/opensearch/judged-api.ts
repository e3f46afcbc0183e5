import { Fault } from "../../domain/faults.ts";
import type { Api } from "./api.ts";
import { askInParts, asCluster, type Asked, type Judge } from "./whose-fault.ts";

/** An API that tells an index that fails from a cluster that is away, and for a while asks nothing of such an index. */
export type JudgedApi = Api & {
  judge: Judge;
  /** By index: how reading failed, and until when it is not tried again, by `performance.now()`. */
  unread: Map<string, { fault: Fault; until: number }>;
};

/** Each try of an index that does not answer takes as long as a request may take. */
const LEFT_ALONE_MS = 60_000;

export function judgedApi(api: Api, judge: Judge): JudgedApi {
  return { ...api, judge, unread: new Map() };
}

/**
 * Reads from all the indices at once, and from fewer and fewer of them where one of them fails the whole; one that failed
 * is then left out for a minute, and asked apart after that. Throws the Fault where the cluster is to blame.
 */
export async function readInParts<T>(
  { judge, unread }: JudgedApi,
  indices: readonly string[],
  ask: (part: readonly string[]) => Promise<T>,
  signal: AbortSignal,
): Promise<Asked<T>> {
  const now = performance.now();
  const known = indices.flatMap((index) => {
    const { fault, until } = unread.get(index) ?? {};
    return fault && until !== undefined && until > now ? [{ index, fault }] : [];
  });
  const leftOut = new Set(known.map(({ index }) => index));
  const asked = indices.filter((index) => !leftOut.has(index));
  const [suspect, sound] = [true, false].map((is) => asked.filter((i) => unread.has(i) === is));
  const parts = await Promise.all(
    [sound ?? [], ...(suspect ?? []).map((index) => [index])].map((part) =>
      askInParts(judge, part, ask, signal),
    ),
  );
  const failed = parts.flatMap((part) => part.failed);
  const [only] = failed;
  // Nobody else is known who could answer: it may as well be the cluster.
  if (only && !judge.knowsOthers(only.index)) throw asCluster(only.fault);
  for (const index of asked) unread.delete(index);
  for (const { index, fault } of failed) {
    unread.set(index, { fault, until: performance.now() + LEFT_ALONE_MS });
  }
  return { answers: parts.flatMap(({ answers }) => answers), failed: [...known, ...failed] };
}

/** Why an index was not read, as the end of a sentence. */
export function unreadWords(fault: Fault): string {
  return `it is not read, though OpenSearch answers for others: ${asCluster(fault).message}`;
}
