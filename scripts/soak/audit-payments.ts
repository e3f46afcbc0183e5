import type { RecordedRequest } from "../../test/support/stub-embedding-server.ts";
import { leaksIn } from "../../test/support/leaks.ts";
import type { Life } from "./crew.ts";

/** Sent when all texts of a request were refused, to learn whether it is the texts that are to blame. */
const PROBE_TEXT = "connection refused";
/** What was paid for so shortly before a kill may not have been written yet: the store had its troubles too. */
const UNWRITTEN_MS = 20_000;

type Payments = {
  requests: number;
  /** Texts that were answered with the right vector. */
  texts: number;
  /** Of those, again by the process that had paid for it before. */
  twice_by_one_process: number;
  /** Again by another, though the first one lived on. */
  twice_by_two_processes: number;
  /** Again, for the first one was killed before it had written what it paid for. */
  again_after_a_kill: number;
};

/** Who paid for what, by the keys that the requests brought. */
export function auditPayments(
  requests: readonly RecordedRequest[],
  lives: readonly Life[],
  wrong: (what: string) => void,
): Payments {
  const lifeOf = new Map(lives.map((life) => [`Bearer ${life.key}`, life]));
  const payments = new Map<string, { by: Life | undefined; at: number }>();
  const counts: Payments = {
    requests: requests.length,
    texts: 0,
    twice_by_one_process: 0,
    twice_by_two_processes: 0,
    again_after_a_kill: 0,
  };
  for (const { texts, answered, headers, arrivedAt: at } of requests) {
    for (const text of texts) {
      for (const leak of leaksIn(withoutControls(text), [])) wrong(`the embedder was sent ${leak}`);
    }
    const by = lifeOf.get(String(headers.authorization));
    for (const text of answered) {
      if (text === PROBE_TEXT) continue;
      counts.texts++;
      const before = payments.get(text);
      payments.set(text, { by, at });
      if (!before) continue;
      if (before.by === by) {
        counts.twice_by_one_process++;
        if (process.env["SOAK_DEBUG"])
          console.error(
            "SAME",
            by?.name,
            by?.pid,
            new Date(before.at).toISOString().slice(11, 23),
            new Date(at).toISOString().slice(11, 23),
            JSON.stringify(text),
          );
      } else if (wasKilled(before)) counts.again_after_a_kill++;
      else {
        counts.twice_by_two_processes++;
        if (process.env["SOAK_DEBUG"])
          console.error(
            "TWICE",
            before.by?.name,
            new Date(before.at).toISOString().slice(11, 23),
            by?.name,
            new Date(at).toISOString().slice(11, 23),
            JSON.stringify(text),
          );
      }
    }
  }
  return counts;
}

function wasKilled({ by, at }: { by: Life | undefined; at: number }): boolean {
  return by?.ended?.by === "SIGKILL" && by.ended.at - at < UNWRITTEN_MS;
}

/** Those of the text itself are the embedder's to see. */
function withoutControls(text: string): string {
  return text.replaceAll("\u001b", "");
}
