import { Fault } from "../domain/faults.ts";
import type { SubscribeOptions } from "../ports/log-source.ts";
import type { PartitionLag, Topics } from "../ports/topics.ts";

/** How far each group is behind, or why that cannot be said. */
export type KafkaStatus = {
  lag: number | null;
  partitions: (PartitionLag & { group: string })[];
  errors: string[];
};

/** Never throws a Fault: a broker that is down is worth a line, not the whole answer. */
export async function readKafkaStatus(
  topics: Pick<Topics, "lag">,
  groups: readonly SubscribeOptions[],
  signal: AbortSignal,
): Promise<KafkaStatus> {
  const status: KafkaStatus = { lag: 0, partitions: [], errors: [] };
  for (const group of groups) {
    try {
      for (const row of await topics.lag(group, signal)) {
        status.partitions.push({ group: group.group, ...row });
        status.lag = (status.lag ?? 0) + row.lag;
      }
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      status.errors.push(error.message);
    }
  }
  if (status.errors.length > 0) status.lag = null;
  return status;
}
