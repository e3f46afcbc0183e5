import { z } from "zod";
import { numeric } from "../domain/count.ts";
import { Fault } from "../domain/faults.ts";
import type { MessageStream, ReadOptions } from "../ports/message-stream.ts";

/** How far each group is behind, or why that cannot be said. */
export const streamStatusShape = z.object({
  lag: z.int().nonnegative().nullable(),
  partitions: z.array(
    z.object({
      group: z.string(),
      topic: z.string(),
      partition: z.union([z.int().nonnegative(), z.string()]),
      committed: z.int().nullable(),
      end: z.int(),
      lag: z.int().nonnegative(),
    }),
  ),
  errors: z.array(z.string()),
});
export type StreamStatus = z.infer<typeof streamStatusShape>;

/** Never throws a Fault: a broker that is down is worth a line, not the whole answer. */
export async function readStreamStatus(
  stream: Pick<MessageStream, "backlog">,
  groups: readonly ReadOptions[],
  signal: AbortSignal,
): Promise<StreamStatus> {
  const status: StreamStatus = { lag: 0, partitions: [], errors: [] };
  for (const options of groups) {
    try {
      const lanes = await stream.backlog?.(options, signal);
      if (!lanes) return { ...status, lag: null };
      for (const { stream: topic, lane, settled, written, lag } of lanes) {
        const { group } = options;
        const row = { group, topic, partition: numeric(lane), end: written, committed: settled };
        status.partitions.push({ ...row, lag });
        status.lag = (status.lag ?? 0) + lag;
      }
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      status.errors.push(error.message);
    }
  }
  if (status.errors.length > 0) status.lag = null;
  return status;
}
