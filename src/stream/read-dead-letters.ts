import type { LogSource, SourceMessage } from "../ports/log-source.ts";
import { readDeadLetter, type DeadLetter } from "./dead-letter.ts";

/** Which dead letters are meant; what is left out does not narrow. */
export type DeadLetterFilter = {
  codes?: readonly string[];
  /** Milliseconds since the epoch; from and until when they became dead letters. */
  since?: number;
  until?: number;
};

/** A dead letter with the message that it is. */
export type StoredDeadLetter = DeadLetter & { message: SourceMessage };

type Counts = {
  /** Those that the filter lets through, by code. */
  byCode: Map<string, number>;
  /** Messages of the topic that no log-vectorizer wrote. */
  foreign: number;
};

/** Goes through the dead letters of a topic that the filter lets through, as they stand now; returns their counts. */
export async function* readDeadLetters(
  source: Pick<LogSource, "readAll">,
  topic: string,
  filter: DeadLetterFilter,
  signal: AbortSignal,
): AsyncGenerator<StoredDeadLetter, Counts> {
  const counts: Counts = { byCode: new Map(), foreign: 0 };
  for await (const messages of source.readAll(topic, signal)) {
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
