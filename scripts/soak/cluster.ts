import { z } from "zod";

type Json = Record<string, unknown>;
const looseJson = z.record(z.string(), z.unknown());

export type StoredLog = { index: string; id: string; source: Json };

/** OpenSearch itself, without the faults in front of it. */
export type Cluster = {
  /** Throws an Error with OpenSearch's answer. */
  send(method: string, path: string, body?: Json | string): Promise<Json>;
  /** Every document, a page at a time. */
  readAll(index: string): AsyncIterable<readonly StoredLog[]>;
  /** Names of all indices but the cluster's own. */
  indices(): Promise<string[]>;
};

const PAGE = 2000;

const pageShape = z.object({
  pit_id: z.string(),
  hits: z.object({
    hits: z.array(
      z.object({
        _index: z.string(),
        _id: z.string(),
        _source: looseJson,
        sort: z.array(z.unknown()),
      }),
    ),
  }),
});
const namesShape = z.object({ indices: z.array(z.object({ name: z.string() })) });

export function openCluster(url: string): Cluster {
  const send: Cluster["send"] = (method, path, body) => request(url, method, path, body);
  return {
    send,
    async *readAll(index) {
      await send("POST", `/${index}/_refresh`);
      const opened = await send("POST", `/${index}/_search/point_in_time?keep_alive=5m`);
      let id = String(opened["pit_id"]);
      // One shard each, so the order of documents has no ties.
      for (let after: unknown[] | undefined; ;) {
        const found = pageShape.parse(
          await send("POST", "/_search", {
            size: PAGE,
            sort: ["_doc"],
            pit: { id, keep_alive: "5m" },
            ...(after ? { search_after: after } : {}),
          }),
        );
        id = found.pit_id;
        const { hits } = found.hits;
        if (hits.length === 0) break;
        after = hits.at(-1)?.sort;
        yield hits.map(({ _index, _id, _source }) => ({ index: _index, id: _id, source: _source }));
      }
      await send("DELETE", "/_search/point_in_time", { pit_id: [id] });
    },
    async indices() {
      const { indices } = namesShape.parse(await send("GET", "/_resolve/index/*"));
      return indices.map(({ name }) => name).toSorted();
    },
  };
}

async function request(url: string, method: string, path: string, body?: Json | string) {
  const lines = typeof body === "string";
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { "content-type": lines ? "application/x-ndjson" : "application/json" },
    ...(body === undefined ? {} : { body: lines ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`);
  return looseJson.parse(JSON.parse(text));
}
