import { z } from "zod";
import type { Scan } from "../../ports.ts";
import type { Api } from "./api.ts";
import { toRecord } from "./hits.ts";
import type { IndexShape } from "./index-shape.ts";
import { pendingQuery, recordSource } from "./queries.ts";
import { searchShape, type Selection } from "./search.ts";

const KEEP_ALIVE = "5m";

/**
 * One pass over an index in document order inside a point in time, whose cost does not grow with the backlog. Documents
 * of different shards may tie, and a page then skips one of them: only a fresh search proves that nothing is left.
 */
export async function openScan(
  api: Api,
  shape: IndexShape,
  selection: Pick<Selection, "fields" | "maxAgeDays" | "minAgeMs">,
  signal: AbortSignal,
): Promise<Scan> {
  const { fields, maxAgeDays, minAgeMs } = selection;
  let { pit_id: id } = await api.send(
    {
      method: "POST",
      path: `/${encodeURIComponent(shape.index)}/_search/point_in_time`,
      query: { keep_alive: KEEP_ALIVE },
    },
    z.object({ pit_id: z.string() }),
    signal,
  );
  let after: readonly unknown[] | undefined;
  return {
    async next(limit, pageSignal) {
      const page = await api.send(
        {
          method: "POST",
          path: "/_search",
          query: { allow_partial_search_results: false },
          body: {
            size: limit,
            track_total_hits: false,
            seq_no_primary_term: true,
            _source: recordSource(shape, fields),
            query: pendingQuery(shape, fields, { maxAgeDays, minAgeMs }),
            sort: ["_doc"],
            pit: { id, keep_alive: KEEP_ALIVE },
            ...(after ? { search_after: after } : {}),
          },
        },
        searchShape.extend({ pit_id: z.string().optional() }),
        pageSignal,
      );
      id = page.pit_id ?? id;
      after = page.hits.hits.at(-1)?.sort ?? after;
      return page.hits.hits.map((hit) => toRecord(hit, shape, fields.metaField));
    },
    async [Symbol.asyncDispose]() {
      // It ends by itself after its keep-alive; a failure to end it sooner is nobody's concern.
      const request = { method: "DELETE", path: "/_search/point_in_time" } as const;
      const body = { pit_id: [id] };
      await api
        .send({ ...request, body }, z.unknown(), AbortSignal.timeout(2000))
        .catch(() => undefined);
    },
  };
}
