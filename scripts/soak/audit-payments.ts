import type { RecordedRequest } from "../../test/support/servers/stub-embedding-server.ts";
import { leaksIn } from "../../test/support/asserts/leaks.ts";
import type { Life } from "./crew.ts";

/** Sent when all texts of a request were refused, to learn whether it is the texts that are to blame. */
const PROBE_TEXT = "connection refused";
/** A vector that was made so long ago is written and can be searched, whatever the store's troubles were. */
const WRITTEN_MS = 20_000;

type Payments = {
  requests: number;
  /** Texts that were answered with the right vector. */
  texts: number;
  /** Of those, again by the process that had paid for it before. */
  again_by_itself: number;
  /** Again by another, while the first one was at it, or could not write it, or was killed before it had. */
  again_before_written: number;
  /** Again by another, though a document had the vector for a while: to be found there. */
  again_though_written: number;
};

/**
 * Who paid for what, by the keys that the requests brought. `embeddedAt`: since when a document has the vector of a text,
 * in milliseconds since the epoch.
 */
export function auditPayments(
  requests: readonly RecordedRequest[],
  lives: readonly Life[],
  embeddedAt: ReadonlyMap<string, number>,
  wrong: (what: string) => void,
): Payments {
  const nameOf = new Map(lives.map(({ key, name, pid }) => [`Bearer ${key}`, `${name} (${pid})`]));
  const payer = new Map<string, string>();
  const counts: Payments = {
    requests: requests.length,
    texts: 0,
    again_by_itself: 0,
    again_before_written: 0,
    again_though_written: 0,
  };
  for (const { texts, answered, headers, arrivedAt } of requests) {
    for (const text of texts) {
      for (const leak of leaksIn(withoutControls(text), [])) wrong(`the embedder was sent ${leak}`);
    }
    const by = nameOf.get(String(headers.authorization)) ?? "nobody";
    for (const text of answered) {
      if (text === PROBE_TEXT) continue;
      counts.texts++;
      const before = payer.get(text);
      payer.set(text, by);
      if (before === undefined) continue;
      const kind = kindOf(before === by, arrivedAt - (embeddedAt.get(text) ?? arrivedAt));
      counts[kind]++;
      if (kind !== "again_before_written") wrong(`${by} after ${before}: ${kind}: ${text}`);
    }
  }
  return counts;
}

function kindOf(itself: boolean, writtenForMs: number) {
  if (itself) return "again_by_itself";
  return writtenForMs > WRITTEN_MS ? "again_though_written" : "again_before_written";
}

/** Those of the text itself are the embedder's to see. */
function withoutControls(text: string): string {
  return text.replaceAll("\u001b", "");
}
