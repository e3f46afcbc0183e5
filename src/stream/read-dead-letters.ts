import type { StoredMessage } from "../ports/message-stream.ts";
import type { DeadLetters } from "../ports/dead-letters.ts";
import { readDeadLetter, type DeadLetter } from "./dead-letter.ts";

/** Absent fields match everything. */
export type DeadLetterFilter = {
  codes?: readonly string[];
  /** Milliseconds since the epoch, of when they became dead letters. */
  since?: number;
  until?: number;
};

export type StoredDeadLetter = DeadLetter & { message: StoredMessage };

type Counts = {
  byCode: Map<string, number>;
  /** Messages that are no dead letters of this project. */
  foreign: number;
};

/** Yields the matching dead letters that are kept now; returns their counts. */
export async function* readDeadLetters(
  deadLetters: Pick<DeadLetters, "read">,
  filter: DeadLetterFilter,
  signal: AbortSignal,
): AsyncGenerator<StoredDeadLetter, Counts> {
  const counts: Counts = { byCode: new Map(), foreign: 0 };
  for await (const messages of deadLetters.read(signal)) {
    for (const message of messages) {
      const deadLetter = readDeadLetter(message);
      if (!deadLetter) {
        counts.foreign++;
        continue;
      }
      if (!passes(deadLetter, filter)) continue;
      counts.byCode.set(deadLetter.code, (counts.byCode.get(deadLetter.code) ?? 0) + 1);
      yield { ...deadLetter, message };
    }
  }
  return counts;
}

function passes({ code, time }: DeadLetter, { codes, since, until }: DeadLetterFilter): boolean {
  const at = Date.parse(time);
  return (
    (codes === undefined || codes.includes(code)) &&
    (since === undefined || at >= since) &&
    (until === undefined || at <= until)
  );
}
