import { INDEX, idOf, log } from "./consumer-setup.ts";
import type { Random } from "../../support/random.ts";

/** One record of a message, and what must become of it. */
type Told = { number: number; text: string };

export type RandomMessage = {
  partition: number;
  key: string;
  value: string | null;
  /** Records of the wanted level that can be read. */
  records: Told[];
  broken: boolean;
};

const TEXTS = ["alpha", "beta", "poison one", "poison two"] as const;

/** The text of a document depends on its number alone, so that a duplicate says the same. */
export function textOf(number: number): string {
  const text = TEXTS[number % 9];
  return text ?? `text ${number}`;
}

export function document(number: number) {
  return { index: INDEX, id: idOf(number), source: log(number, { message: textOf(number) }) };
}

/** A message of any kind; `numbers` are of the documents that it may be about. */
export function randomMessage(
  random: Random,
  partitions: number,
  next: () => number,
): RandomMessage {
  const message = { partition: random.below(partitions), key: `key ${random.below(5)}` };
  const kind = random.below(10);
  if (kind < 5) {
    const record = wanted(next());
    return { ...message, value: record.json, records: [record.told], broken: false };
  }
  if (kind < 6) {
    const value = JSON.stringify(log(next(), { level: "INFO", message: "an error of no note" }));
    return { ...message, value, records: [], broken: false };
  }
  if (kind < 8) return { ...message, value: random.pick(BROKEN), records: [], broken: true };
  const records = Array.from({ length: random.below(4) }, () => wanted(next()));
  const broken = random.chance(0.3);
  const parts = records.map(({ json }) => json);
  if (broken) parts.splice(random.below(parts.length + 1), 0, `{"level":"error"}`);
  return {
    ...message,
    value: `[${parts.join(",")}]`,
    records: records.map(({ told }) => told),
    broken,
  };
}

function wanted(number: number) {
  const text = textOf(number);
  return { json: JSON.stringify(log(number, { message: text })), told: { number, text } };
}

const BROKEN = [
  null,
  "",
  "plain text",
  `{"level":"ERROR","message":"cut o`,
  `{"level":"ERROR","message":"no id"}`,
  `{"level":"ERROR","log_id":"x","message":" "}`,
  `["an error"]`,
] as const;
