import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerTooLarge } from "../../../../src/adapters/opensearch/bounded-answers.ts";
import {
  fetchPage,
  fetchInPages,
  createPageSizes,
  MAX_PAGE_BYTES,
} from "../../../../src/adapters/opensearch/page-sizes.ts";

/** Records of so many bytes each, as a server would send them. */
function server(recordBytes: number) {
  const asked: number[] = [];
  return {
    asked,
    async ask(count: number, { maxAnswerBytes = Infinity }: { maxAnswerBytes?: number }) {
      asked.push(count);
      const bytes = count * recordBytes;
      if (bytes > maxAnswerBytes) throw new AnswerTooLarge(bytes, maxAnswerBytes);
      return count;
    },
  };
}

test("a page that is too large is asked for again with as many records as there is room for, once", async () => {
  const sizes = createPageSizes();
  const { ask, asked } = server(1_000_000);
  const page = () => fetchPage({ sizes, index: "logs", wanted: 100 }, ask);
  const first = await page();
  assert.ok(first > 2 && first * 1_000_000 <= MAX_PAGE_BYTES, `${first}`);
  assert.deepEqual(asked, [100, first]);
  assert.equal(await page(), first, "what worked is remembered");
  assert.equal(asked.length, 3);
  assert.equal(sizes.of(["others"], 100), 100, "other indices are asked as before");
});

test("one record alone is read however large it is", async () => {
  const sizes = createPageSizes();
  const { ask, asked } = server(90_000_000);
  assert.equal(await fetchPage({ sizes, index: "logs", wanted: 100 }, ask), 1);
  assert.deepEqual(asked, [100, 1]);
});

test("pages grow again once the large records are behind", async () => {
  const sizes = createPageSizes();
  await fetchPage({ sizes, index: "logs", wanted: 100 }, server(2_000_000).ask);
  const { ask, asked } = server(300);
  for (let go = 0; go < 200; go++) {
    await fetchPage({ sizes, index: "logs", wanted: 100 }, ask);
  }
  assert.equal(asked.at(-1), 100);
});

test("of many documents all are read, in their order, in as many requests as it takes", async () => {
  const names = Array.from({ length: 50 }, (_, i) => i);
  const { ask, asked } = server(1_000_000);
  const read = await fetchInPages(names, { atOnce: 50 }, async (part, within) => {
    await ask(part.length, within);
    return part.map((name) => `read ${name}`);
  });
  assert.deepEqual(
    read,
    names.map((name) => `read ${name}`),
  );
  assert.ok(asked.length <= 20, asked.join());
  assert.ok(asked.slice(1).every((count) => count * 1_000_000 <= MAX_PAGE_BYTES));
});

test("another failure ends the asking", async () => {
  const sizes = createPageSizes();
  const fails = () => Promise.reject(new Error("gone"));
  await assert.rejects(fetchPage({ sizes, index: "logs", wanted: 100 }, fails), /gone/);
  await assert.rejects(fetchInPages([1, 2], {}, fails), /gone/);
});
