import { count } from "../../domain/count.ts";
import type { SetupStep } from "../../ports/schema-admin.ts";
import type { StreamSetup } from "../../ports/stream-setup.ts";
import type { Topics } from "./topics.ts";

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

type Deps = { topics: Pick<Topics, "describe" | "create">; brokers: readonly string[] };

export function createSetup(
  { topics, brokers }: Deps,
  needed: readonly NeededTopic[],
): StreamSetup {
  const describe = (signal: AbortSignal) =>
    topics.describe(
      needed.map(({ name }) => name),
      signal,
    );
  return {
    async probe(signal) {
      await describe(signal);
    },
    async check(signal) {
      const there = await describe(signal);
      const wrong = needed.flatMap((topic) => objection(topic, there.get(topic.name)) ?? []);
      if (wrong.length > 0) {
        const detail = wrong.map(({ said }) => said).join("; ");
        return { ok: false, detail, hint: hintFor(wrong) };
      }
      const counts = [...there].map(([name, partitions]) => `${name} (${partitions})`).join(", ");
      return { ok: true, detail: `topics and their partitions: ${counts}` };
    },
    async plan(signal) {
      const there = await describe(signal);
      const [steps, notes, warnings]: [SetupStep[], string[], string[]] = [[], [], []];
      for (const { name, setting, partitions } of needed) {
        if (there.has(name)) notes.push(`topic ${name} is there already`);
        else if (partitions === undefined) {
          warnings.push(`no topic ${name}, which ${setting} names: the log pipeline creates it`);
        } else {
          steps.push({
            id: `topic ${name}`,
            needsConsent: false,
            description: `create topic ${name} of ${count(partitions, "partition")}`,
            preview: `kafka-topics.sh --bootstrap-server ${brokers.join(",")} --create --topic ${name} --partitions ${partitions}`,
            apply: (until) => topics.create(name, partitions, until),
          });
        }
      }
      return { steps, notes, warnings };
    },
  };
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
