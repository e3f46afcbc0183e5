import { systemClock } from "../../../src/adapters/process/system-clock.ts";
import { createApi, type Api, type Request } from "../../../src/adapters/opensearch/api.ts";
import { createBulkLimiter } from "../../../src/adapters/opensearch/bulk-limiter.ts";
import { openClient } from "../../../src/adapters/opensearch/client.ts";
import {
  createOpenSearchStore,
  type OpenSearchStore,
} from "../../../src/adapters/opensearch/store.ts";
import { recordEvents } from "../fakes/recorded-events.ts";

export type RealStoreOptions = {
  dimensions: number;
  /** Default: of the stub. */
  model?: string;
  minAgeMs?: number;
  maxCompared?: number;
  /** Default: no text is cut. */
  maxTextBytes?: number;
  /** Default: none. */
  projectField?: string;
  /** Sees every request before it is sent. */
  spy?: (request: Request) => void | Promise<void>;
};

/** The log store on a real OpenSearch, in this process, with the settings that it has by default. */
export async function openRealStore(
  { url, pattern }: { url: string; pattern: string },
  { dimensions, model = "stub", minAgeMs = 0, ...options }: RealStoreOptions,
): Promise<OpenSearchStore> {
  const { maxCompared, maxTextBytes, projectField, spy } = options;
  const connection = { urls: [url], tls: { verify: true }, timeoutMs: 30_000 };
  const client = await openClient(connection);
  const api = createApi(client, connection, recordEvents().events);
  const fields = { vectorField: "log_vector", metaField: "log_vector_meta" };
  const vector = { engine: "lucene", spaceType: "cosinesimil", dimensions };
  return createOpenSearchStore(
    {
      api: spy ? spied(api, spy) : api,
      client,
      limiter: createBulkLimiter({ max: 3, fullSpeed: false }, systemClock),
    },
    {
      indexPattern: pattern,
      wanted: {
        ...fields,
        levels: ["ERROR"],
        idField: "log_id",
        dimensions,
        mapping: "auto",
        ...(projectField === undefined ? {} : { projectField }),
      },
      vector: { ...vector, field: fields.vectorField, metaField: fields.metaField },
      inForce: { model, dimensions },
      tokenLimit: 8191,
      ...(maxTextBytes === undefined ? {} : { maxTextBytes }),
      direction: "newest",
      maxAgeDays: undefined,
      minAgeMs,
      timeoutMs: connection.timeoutMs,
      ...(maxCompared === undefined ? {} : { maxCompared }),
    },
  );
}

function spied(api: Api, spy: NonNullable<RealStoreOptions["spy"]>): Api {
  return {
    ...api,
    async send(request, answer, signal) {
      await spy(request);
      return api.send(request, answer, signal);
    },
  };
}
