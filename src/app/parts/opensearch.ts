import { systemClock } from "../../adapters/process/system-clock.ts";
import type { Config } from "../../config/config.ts";
import type { Events } from "../../ports/events.ts";
import type { Tracer } from "../../ports/tracer.ts";

/** The store and its setup on one client. Nothing is contacted. The caller closes the store. */
export async function openOpenSearch(
  { opensearch, logs, vector, inForce, backfill, tail }: Config,
  { tracer, events }: { tracer: Tracer; events: Events },
) {
  const [
    { openClient },
    { createApi },
    { traceApi },
    { createBulkLimiter },
    { createOpenSearchStore },
    { createOpenSearchSetup },
  ] = await Promise.all([
    import("../../adapters/opensearch/client.ts"),
    import("../../adapters/opensearch/api.ts"),
    import("../../adapters/opensearch/trace-api.ts"),
    import("../../adapters/opensearch/bulk-limiter.ts"),
    import("../../adapters/opensearch/store.ts"),
    import("../../adapters/opensearch/setup.ts"),
  ]);
  const client = await openClient(opensearch);
  const api = traceApi(createApi(client, opensearch, events), tracer);
  const { indexPattern, levels, messageFields, timestampField, levelFields, serviceField } = logs;
  const { maxAgeDays } = logs;
  const { model, dimensions, ownDimensions, maxTokensPerText: tokenLimit } = inForce;
  const wanted = {
    levels,
    ...(messageFields === undefined ? {} : { messageFields }),
    ...(timestampField === undefined ? {} : { timestampField }),
    ...(levelFields === undefined ? {} : { levelFields }),
    ...(serviceField === undefined ? {} : { serviceField }),
    idField: tail.idField,
    vectorField: vector.field,
    metaField: vector.metaField,
    dimensions,
    ...(ownDimensions === undefined ? {} : { ownDimensions }),
    mapping: vector.mapping,
  };
  const { order: direction, minAgeMs } = backfill;
  return {
    store: createOpenSearchStore(
      { api, client, limiter: createBulkLimiter(opensearch.bulk, systemClock) },
      {
        indexPattern,
        wanted,
        vector,
        inForce: { model, dimensions },
        tokenLimit,
        maxTextBytes: logs.maxMessageBytes,
        direction,
        serverless: opensearch.aws?.service === "aoss",
        timeoutMs: opensearch.timeoutMs,
        maxAgeDays,
        minAgeMs,
      },
    ),
    setup: createOpenSearchSetup(api, {
      indexPattern,
      wanted,
      vector,
      timeoutMs: opensearch.timeoutMs,
      url: opensearch.urls[0] ?? "",
    }),
  };
}
