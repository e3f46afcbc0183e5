import { count } from "../domain/count.ts";
import type { SubscribeOptions } from "../ports/log-source.ts";
import type { PartitionLag, Topics } from "../ports/topics.ts";
import type { Check } from "./check-report.ts";

/** A topic that this configuration reads or writes. */
export type NeededTopic = {
  name: string;
  /** The setting that names it. */
  setting: string;
  /** Partitions that it is given where it is ours to create; absent: it belongs to the log pipeline. */
  partitions?: number;
  /** True where the number of partitions must be exactly that. */
  exactly?: boolean;
};

/** Topics that are missing, or whose number of partitions defeats their purpose. */
export async function checkTopics(
  topics: Pick<Topics, "describe" | "lag">,
  needed: readonly NeededTopic[],
  groups: readonly SubscribeOptions[],
  signal: AbortSignal,
): Promise<Omit<Check, "name">> {
  const names = needed.map(({ name }) => name);
  const there = await topics.describe(names, signal);
  const wrong = needed.flatMap((topic) => objection(topic, there.get(topic.name)) ?? []);
  if (wrong.length > 0) {
    const hint = hintFor(wrong);
    return { result: "failed", detail: wrong.map(({ said }) => said).join("; "), hint };
  }
  const lags: PartitionLag[] = [];
  for (const group of groups) lags.push(...(await topics.lag(group, signal)));
  const counts = [...there].map(([name, partitions]) => `${name} (${partitions})`).join(", ");
  const lag = lags.reduce((sum, row) => sum + row.lag, 0);
  return { result: "ok", detail: `topics and their partitions: ${counts}; lag ${lag}` };
}

function hintFor(wrong: readonly { ours: boolean; odd: boolean }[]): string {
  if (wrong.some(({ odd }) => odd))
    return "Delete that topic; log-vectorizer init creates it again.";
  return wrong.some(({ ours }) => ours)
    ? "log-vectorizer init creates the topics of its own."
    : "KAFKA_TOPIC names the topics that the log pipeline writes to.";
}

function objection({ name, setting, partitions, exactly }: NeededTopic, found: number | undefined) {
  const ours = partitions !== undefined;
  if (found === undefined) return { said: `no topic ${name} (${setting})`, ours, odd: false };
  if (!exactly || found === partitions) return undefined;
  const said = `topic ${name} has ${count(found, "partition")} and must have ${partitions}`;
  return { said, ours, odd: true };
}
