import { Client } from "@opensearch-project/opensearch";
import OpenAI from "openai";
import { z } from "zod";
import { DIMENSIONS, MODEL } from "./bench.ts";

const BATCH = 100;

const foundShape = z.object({
  hits: z.object({
    hits: z.array(z.object({ _id: z.string(), _source: z.object({ message: z.string() }) })),
  }),
});

/**
 * What one would write oneself in an afternoon: search a hundred, embed them, write them with a refresh, until there are
 * none. Documents per second.
 */
export async function plainLoop(where: {
  url: string;
  embedder: string;
  index: string;
}): Promise<number> {
  const { url, embedder, index } = where;
  const client = new Client({ node: url });
  const openai = new OpenAI({ apiKey: "none", baseURL: embedder });
  const startedAt = performance.now();
  let written = 0;
  for (;;) {
    const query = {
      bool: {
        filter: [{ term: { level: "ERROR" } }],
        must_not: [{ exists: { field: "log_vector" } }],
      },
    };
    const sort = [{ "@timestamp": { order: "desc" as const } }];
    const { body } = await client.search({ index, body: { size: BATCH, query, sort } });
    const { hits } = foundShape.parse(body).hits;
    if (hits.length === 0) break;
    const input = hits.map(({ _source: { message } }) => message);
    const asked = { model: MODEL, dimensions: DIMENSIONS, input };
    const { data } = await openai.embeddings.create(asked);
    const lines = hits.flatMap(({ _id }, i) => [
      { update: { _index: index, _id } },
      { doc: { log_vector: data[i]?.embedding } },
    ]);
    await client.bulk({ body: lines, refresh: true });
    written += hits.length;
  }
  const seconds = (performance.now() - startedAt) / 1000;
  await client.close();
  return written / seconds;
}
