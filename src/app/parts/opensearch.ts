import { systemClock } from "../../adapters/process/system-clock.ts";
import type { Config } from "../../config/config.ts";
import type { Events } from "../../ports/events.ts";
import type { Tracer } from "../../ports/tracer.ts";

/** One client, for the store and its setup by any model. Nothing is contacted. The caller closes it. */
export async function connectOpenSearch(
  config: Config,
  { tracer, events }: { tracer: Tracer; events: Events },
) {
  const { opensearch } = config;
  const [
    { openClient },
    { createApi },
    { traceApi },
    { createBulkLimiter },
    { createOpenSearchStore },
    { createOpenSearchSetup },
    { createErrorMemory },
  ] = await Promise.all([
    import("../../adapters/opensearch/client.ts"),
    import("../../adapters/opensearch/api.ts"),
    import("../../adapters/opensearch/trace-api.ts"),
    import("../../adapters/opensearch/bulk-limiter.ts"),
    import("../../adapters/opensearch/store.ts"),
    import("../../adapters/opensearch/setup.ts"),
    import("../../adapters/opensearch/memory/error-memory.ts"),
  ]);
  const client = await openClient(opensearch);
  const api = traceApi(createApi(client, opensearch, events), tracer);
  const limiter = createBulkLimiter(opensearch.bulk, systemClock);
  const parts = { api, client, limiter };
  return {
    storeFor: (chosen: Config) => createOpenSearchStore(parts, storeSettings(chosen)),
    setupFor: (chosen: Config, { memory }: { memory: boolean }) =>
      createOpenSearchSetup(api, { ...setupSettings(chosen), memory }),
    memory: () => createErrorMemory(api),
    close: () => client.close(),
  };
}

function storeSettings(config: Config) {
  const { opensearch, logs, vector, inForce, backfill } = config;
  const { order: direction, minAgeMs } = backfill;
  return {
    indexPattern: logs.indexPattern,
    wanted: wantedBy(config),
    vector,
    inForce: { model: inForce.model, dimensions: inForce.dimensions },
    tokenLimit: inForce.maxTokensPerText,
    maxTextBytes: logs.maxMessageBytes,
    direction,
    serverless: opensearch.aws?.service === "aoss",
    timeoutMs: opensearch.timeoutMs,
    maxAgeDays: logs.maxAgeDays,
    minAgeMs,
  };
}

function setupSettings(config: Config) {
  const { opensearch, logs, vector } = config;
  return {
    indexPattern: logs.indexPattern,
    wanted: wantedBy(config),
    vector,
    timeoutMs: opensearch.timeoutMs,
    url: opensearch.urls[0] ?? "",
  };
}

function wantedBy({ logs, vector, inForce, tail }: Config) {
  const { levels, messageFields, timestampField, levelFields, serviceField, projectField } = logs;
  const { hostFields, versionFields } = logs;
  const { dimensions, ownDimensions } = inForce;
  return {
    levels,
    ...(messageFields === undefined ? {} : { messageFields }),
    ...(timestampField === undefined ? {} : { timestampField }),
    ...(levelFields === undefined ? {} : { levelFields }),
    ...(serviceField === undefined ? {} : { serviceField }),
    ...(projectField === undefined ? {} : { projectField }),
    ...(hostFields === undefined ? {} : { hostFields }),
    ...(versionFields === undefined ? {} : { versionFields }),
    idField: tail.idField,
    vectorField: vector.field,
    metaField: vector.metaField,
    dimensions,
    ...(ownDimensions === undefined ? {} : { ownDimensions }),
    mapping: vector.mapping,
  };
}
