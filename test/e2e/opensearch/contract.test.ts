import type { TestContext } from "node:test";
import { z } from "zod";
import type { OpenSearchVersion } from "../../../scripts/local-servers/opensearch.ts";
import type { GroupCounts } from "../../../src/ports/group-counts.ts";
import type { RecordStatistics } from "../../../src/ports/record-statistics.ts";
import { placeOf, type Place } from "../../../src/domain/log-record.ts";
import { besideIn, sourceOf } from "../../support/record-source.ts";
import { testGroupCountsContract } from "../../contract/group-counts-contract.ts";
import { testRecordStatisticsContract } from "../../contract/record-statistics-contract.ts";
import { testRecordStoreContract } from "../../contract/record-store-contract.ts";
import {
  ALL_CAPABILITIES,
  CONTRACT,
  IN_FORCE,
  type Seed,
  type StoreUnderTest,
} from "../../contract/record-store-subject.ts";
import { onEachOpenSearch, openFixture } from "../../support/servers/open-search-fixture.ts";
import { openStore } from "../../support/servers/open-store.ts";

const PATTERN = "contract_*";

await onEachOpenSearch((version) => {
  testRecordStoreContract(`OpenSearch ${version}`, ALL_CAPABILITIES, (t) => create(t, version));
  testGroupCountsContract(`OpenSearch ${version}`, (t) => create(t, version));
  testRecordStatisticsContract(`OpenSearch ${version}`, (t) => create(t, version));
});

async function create(
  t: TestContext,
  version: OpenSearchVersion,
): Promise<StoreUnderTest & { groupCounts: GroupCounts; statistics: RecordStatistics }> {
  const fixture = await openFixture(t, version);
  const { send } = fixture;
  t.after(() => send("DELETE", `/${PATTERN}`));
  const created = new Set<string>();
  const put = (seed: Seed) => send("PUT", path("_doc", placeOf(seed)), sourceOf(seed));
  const store = await openStore(
    t,
    { url: fixture.url, pattern: PATTERN },
    {
      ...IN_FORCE,
      maxTextBytes: CONTRACT.maxTextBytes,
      projectField: CONTRACT.projectField,
    },
  );
  return {
    store,
    vectors: store,
    groupCounts: store,
    statistics: store,
    async seed(documents) {
      for (const document of documents) {
        const { index } = document;
        if (!created.has(index)) await fixture.create(index);
        created.add(index);
        await put(document);
      }
      await send("POST", `/${PATTERN}/_refresh`);
    },
    async arrive(documents) {
      for (const document of documents) await put(document);
    },
    async read({ index, id, shardKey }) {
      const docs = [{ _index: index, _id: id, ...(shardKey ? { routing: shardKey } : {}) }];
      return besideIn(answerShape.parse(await send("POST", "/_mget", { docs })).docs[0]?._source);
    },
    async change(place, partial) {
      await send("POST", path("_update", place), { doc: sourceOf(partial) });
    },
    remove: async (place) => void (await send("DELETE", path("_doc", place))),
  };
}

const answerShape = z.object({
  docs: z.array(z.object({ _source: z.record(z.string(), z.unknown()).optional() })),
});

function path(action: string, { index, id, shardKey }: Place): string {
  const query = shardKey === undefined ? "" : `?routing=${encodeURIComponent(shardKey)}`;
  return `/${index}/${action}/${encodeURIComponent(id)}${query}`;
}
