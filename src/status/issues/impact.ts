import { count } from "../../domain/count.ts";
import { usd } from "../../domain/usd.ts";
import type { IssueFacts } from "./facts.ts";

export const NOTHING_LOST = "nothing is lost";

/** Counts that are older say when they were made. */
const FRESH_MS = 10 * 60_000;

/** "12 records wait for a vector"; undefined where none do, or they were not counted. */
export function recordsWaiting({
  backlog,
  now,
}: Pick<IssueFacts, "backlog" | "now">): string | undefined {
  const last = backlog.at(-1);
  if (!last || last.pending === 0) return undefined;
  const { pending, at } = last;
  const text = `${count(pending, "record")} ${pending === 1 ? "waits" : "wait"} for a vector`;
  const isFresh = now - Date.parse(at) < FRESH_MS;
  return isFresh ? text : `${text}, as counted at ${at.slice(0, 16).replace("T", " ")} UTC`;
}

/** "$4.01 of $5.00 spent today". */
export function spent({
  spentUsd,
  limitUsd,
  unpricedTokens,
}: NonNullable<IssueFacts["budget"]>): string {
  const sum = `${usd(spentUsd)} of ${usd(limitUsd)} spent today`;
  if (unpricedTokens === undefined) return sum;
  return `at least ${sum}, and ${count(unpricedTokens, "token")} of unknown price`;
}

/** What is known of several consequences, in one sentence. */
export function together(...parts: (string | undefined)[]): { impact?: string } {
  const known = parts.filter((part) => part !== undefined);
  return known.length === 0 ? {} : { impact: known.join("; ") };
}
