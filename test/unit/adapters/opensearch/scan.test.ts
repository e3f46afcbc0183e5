import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { createPageSizes } from "../../../../src/adapters/opensearch/page-sizes.ts";
import { markedScan, openScan } from "../../../../src/adapters/opensearch/scan.ts";
import { createFakeApi } from "./fake-api.ts";
import { FIELDS, SHAPE } from "./index-facts.ts";

const { signal } = new AbortController();
const LIMIT = 3;

const pageShape = z.object({
  size: z.number(),
  slice: z.object({ id: z.number() }).default({ id: 0 }),
  search_after: z.tuple([z.number()]).optional(),
});

/** Scans shards that hold so many documents each; `cutOff`: the first page is one document, for its search took too long. */
async function scanned(shards: readonly number[], { cutOff = false } = {}) {
  const asked: string[] = [];
  const { api } = createFakeApi(({ path, body }) => {
    if (path.endsWith("/point_in_time")) {
      return { pit_id: "p", _shards: { total: shards.length } };
    }
    const { size, slice, search_after: [after] = [-1] } = pageShape.parse(body);
    const isCut = cutOff && asked.length === 0;
    asked.push(`${slice.id} after ${after}`);
    const from = after + 1;
    const end = Math.min(shards[slice.id] ?? 0, from + (isCut ? 1 : size));
    const hits = Array.from({ length: Math.max(0, end - from) }, (_, i) => ({
      _index: SHAPE.index,
      _id: `${slice.id}-${from + i}`,
      _seq_no: from + i,
      _primary_term: 1,
      sort: [from + i],
    }));
    return { _shards: { total: 1, successful: 1 }, timed_out: isCut, hits: { hits } };
  });
  const query = markedScan(SHAPE, FIELDS, { maxAgeDays: undefined, ids: undefined, kinds: [] });
  await using scan = await openScan(api, { shape: SHAPE, sizes: createPageSizes() }, query, signal);
  const ids: string[] = [];
  for (let page = await scan.next(LIMIT, signal); page.length > 0;) {
    ids.push(...page.map(({ id }) => id));
    page = await scan.next(LIMIT, signal);
  }
  return { asked, ids };
}

test("behind a page that is not full no other one is asked for", async () => {
  const { asked, ids } = await scanned([5]);
  assert.deepEqual(ids, ["0-0", "0-1", "0-2", "0-3", "0-4"]);
  assert.deepEqual(asked, ["0 after -1", "0 after 2"]);
});

test("a shard whose last page is full is asked whether it was the last", async () => {
  const { asked, ids } = await scanned([3, 0, 4]);
  assert.deepEqual(ids, ["0-0", "0-1", "0-2", "2-0", "2-1", "2-2", "2-3"]);
  assert.deepEqual(asked, ["0 after -1", "0 after 2", "1 after -1", "2 after -1", "2 after 2"]);
});

test("a page that its time limit cut off is not its shard's last", async () => {
  const { ids } = await scanned([4], { cutOff: true });
  assert.deepEqual(ids, ["0-0", "0-1", "0-2", "0-3"]);
});
