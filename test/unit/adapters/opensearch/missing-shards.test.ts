import assert from "node:assert/strict";
import { test } from "node:test";
import { findMissing } from "../../../../src/adapters/opensearch/search-groups.ts";
import { completenessShape } from "../../../../src/adapters/opensearch/partial-answer.ts";
import type { Gap } from "../../../../src/domain/partial.ts";
import { Fault } from "../../../../src/domain/faults.ts";

const INDICES = Array.from({ length: 2000 }, (_, i) => ({ index: `app_${i}` }));

const byName = (a: Gap, b: Gap) => a.index.localeCompare(b.index);

function asking(missing: readonly string[], mayFail = false) {
  const rounds: number[] = [];
  const ask = async (parts: { index: string }[][]) => {
    rounds.push(parts.length);
    return parts.map((part) => {
      const gone = part.filter(({ index }) => missing.includes(index)).length;
      if (mayFail && gone === part.length) return { why: "no shard has a copy" };
      const _shards = { total: part.length, successful: part.length - gone };
      return { seen: completenessShape.parse({ _shards }) };
    });
  };
  return { ask, rounds };
}

test("of thousands of indices those are found whose shards no search reaches, in few rounds", async () => {
  const { ask, rounds } = asking(["app_7", "app_1999"]);
  const found = await findMissing(INDICES, ask);
  assert.deepEqual(found.toSorted(byName), [
    { index: "app_1999", reason: "1 of 1 shard has no copy that can be searched" },
    { index: "app_7", reason: "1 of 1 shard has no copy that can be searched" },
  ]);
  assert.ok(rounds.length <= 3 && Math.max(...rounds) <= 64, String(rounds));
});

test("an index that answers nothing at all fails its search, and is found so", async () => {
  const { ask } = asking(["app_3"], true);
  assert.deepEqual(await findMissing(INDICES, ask), [
    { index: "app_3", reason: "no shard has a copy" },
  ]);
});

test("where all are back, or nobody answers any more, none is named", async () => {
  assert.deepEqual(await findMissing(INDICES, asking([]).ask), []);
  const away = () => Promise.reject(new Fault("outage", "fake: away"));
  assert.deepEqual(await findMissing(INDICES, away), []);
});
