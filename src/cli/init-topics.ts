import type { Config } from "../config/config.ts";
import type { Service } from "../app/service.ts";

/** A step of `init`. */
export type Step = {
  description: string;
  /** The equivalent shell command. */
  command: string;
  onlyOnApply: boolean;
  run(): Promise<void>;
};

type TopicsPlan = { steps: Step[]; notes: string[]; warnings: string[] };

/** Plans this service's missing topics; missing topics of the log pipeline become warnings. Throws a Fault. */
export async function planTopics(
  { service, config }: { service: Service; config: Config },
  signal: AbortSignal,
): Promise<TopicsPlan> {
  const plan: TopicsPlan = { steps: [], notes: [], warnings: [] };
  const kafka = await service.kafka();
  if (!kafka || !config.kafka) return plan;
  const servers = config.kafka.connection.brokers.join(",");
  const needed = service.neededTopics();
  const there = await kafka.topics.describe(
    needed.map(({ name }) => name),
    signal,
  );
  for (const { name, setting, partitions } of needed) {
    if (there.has(name)) plan.notes.push(`topic ${name} is there already`);
    else if (partitions === undefined) {
      plan.warnings.push(`no topic ${name}, which ${setting} names: the log pipeline creates it`);
    } else {
      plan.steps.push({
        description: `create topic ${name} of ${partitions} partition${partitions === 1 ? "" : "s"}`,
        command: `kafka-topics.sh --bootstrap-server ${servers} --create --topic ${name} --partitions ${partitions}`,
        onlyOnApply: false,
        run: () => kafka.topics.create(name, partitions, signal),
      });
    }
  }
  return plan;
}
