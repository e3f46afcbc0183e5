import { z } from "zod";
import { Fault } from "../../domain/faults.ts";
import type { MadeVisible, RecordStore } from "../../ports/record-store.ts";
import { nameChunks, type Api } from "./api.ts";
import { bisectIndices, type FailureAttribution } from "./failure-attribution.ts";
import { isNotOffered } from "./faults.ts";

const refreshShape = z.object({
  _shards: z
    .object({
      failures: z
        .array(
          z.object({
            index: z.string(),
            reason: z.object({ type: z.string(), reason: z.string().nullish() }),
          }),
        )
        .default([]),
    })
    .default({ failures: [] }),
});

/** Where refreshing is not offered, search sees writes in the store's own time. */
export function createRefresher(
  api: Api,
  attribution: FailureAttribution,
  { offered }: { offered: boolean },
): NonNullable<RecordStore["makeVisible"]> {
  let isOffered = offered;
  const none: MadeVisible = { seen: [], failed: [] };
  return async (indices, signal) => {
    if (!isOffered) return none;
    const query = { ignore_unavailable: true };
    const ask = async (part: readonly string[]) => {
      for (const names of nameChunks(part)) {
        const path = `/${names}/_refresh`;
        const request = { method: "POST", path, query, once: true } as const;
        const { _shards: shards } = await api.send(request, refreshShape, signal);
        failures.push(...shards.failures);
      }
      return part;
    };
    const failures: z.infer<typeof refreshShape>["_shards"]["failures"] = [];
    try {
      const { answers, failed } = await bisectIndices(attribution, indices, ask, signal);
      const shards = failures.map(({ index, reason }) => {
        const cause = `${reason.type}: ${reason.reason ?? ""}`;
        return { index, fault: new Fault("index", `${index} was not refreshed: ${cause}`) };
      });
      const unseen = new Set(shards.map(({ index }) => index));
      const seen = answers.flat().filter((index) => !unseen.has(index));
      return { seen, failed: [...failed, ...shards] };
    } catch (error) {
      if (!isNotOffered(error)) throw error;
      isOffered = false;
      return none;
    }
  };
}
