import { z } from "zod";
import { Fault } from "../domain/faults.ts";
import type { SubscribeOptions } from "../ports/log-source.ts";
import type { Topics } from "../ports/topics.ts";

/** How far each group is behind, or why that cannot be said. */
export const kafkaStatusShape = z.object({
  lag: z.int().nonnegative().nullable(),
  partitions: z.array(
    z.object({
      group: z.string(),
      topic: z.string(),
      partition: z.int().nonnegative(),
      committed: z.int().nullable(),
      end: z.int(),
      lag: z.int().nonnegative(),
    }),
  ),
  errors: z.array(z.string()),
});
export type KafkaStatus = z.infer<typeof kafkaStatusShape>;

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
