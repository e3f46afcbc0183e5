import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { perIndexApi } from "../../../../src/adapters/opensearch/per-index-api.ts";
import { allFeatures } from "../../../../src/adapters/opensearch/cluster-features.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import { createFakeApi, linesOf, type Sent } from "./fake-api.ts";

const { signal } = new AbortController();
const REFUSAL = /^\/_(bulk|mget|msearch)$/;

/** A cluster that takes no names of indices in a body; `asked` answers what names them in the URL. */
function setUp(asked: (request: Sent) => unknown) {
  const { api, sent } = createFakeApi((request) => {
    if (!REFUSAL.test(request.path)) return asked(request);
    const what = { "/_bulk": "bulk", "/_mget": "multi get", "/_msearch": "multi search" };
    const named = Object.entries(what).find(([path]) => path === request.path)?.[1];
    throw new Fault("configuration", `400: explicit index in ${named} is not allowed`);
  });
  return { api: perIndexApi(api, allFeatures()), sent };
}

function lines(...all: object[]): string {
  return all.map((one) => `${JSON.stringify(one)}\n`).join("");
}

test("a bulk goes out once per index, and its items come back in their order", async () => {
  const { api, sent } = setUp(({ path, lines: text = "" }) => ({
    took: 3,
    items: linesOf({ method: "POST", path, lines: text })
      .filter((_, at) => at % 2 === 0)
      .map((action) => ({ path, action })),
  }));
  const update = (index: string, id: string) => ({
    update: { _index: index, _id: id, if_seq_no: 1 },
  });
  const body = lines(
    update("a", "1"),
    { doc: 1 },
    update("b/c", "2"),
    { doc: 2 },
    update("a", "3"),
    { doc: 3 },
  );

  const answer = await api.send(
    { method: "POST", path: "/_bulk", lines: Buffer.from(body) },
    z.unknown(),
    signal,
  );

  const item = (path: string, id: string) => ({
    path,
    action: { update: { _id: id, if_seq_no: 1 } },
  });
  const items = [item("/a/_bulk", "1"), item("/b%2Fc/_bulk", "2"), item("/a/_bulk", "3")];
  assert.deepEqual(answer, { took: 6, items });
  assert.equal(sent.length, 3);
});

test("the refusal is met once, and later requests go the other way at once", async () => {
  const { api, sent } = setUp(() => ({ docs: [{ found: false }] }));
  const request = {
    method: "POST",
    path: "/_mget",
    body: { docs: [{ _index: "a", _id: "1" }] },
  } as const;
  await api.send(request, z.unknown(), signal);
  await api.send(request, z.unknown(), signal);
  assert.deepEqual(
    sent.map(({ path }) => path),
    ["/_mget", "/a/_mget", "/a/_mget"],
  );
  assert.deepEqual(sent[1]?.body, { docs: [{ _id: "1" }] });
});

test("an index that is gone is missing among the others, as in one _mget for all", async () => {
  const { api } = setUp(({ path }) => {
    if (path.startsWith("/gone/")) throw new Fault("index", "404: index_not_found_exception: gone");
    return { docs: [{ found: true }] };
  });
  const docs = [{ _index: "gone" }, { _index: "here" }];
  const answer = await api.send(
    { method: "POST", path: "/_mget", body: { docs } },
    z.unknown(),
    signal,
  );
  assert.deepEqual(answer, {
    docs: [{ error: { type: "index_not_found_exception" } }, { found: true }],
  });
});

test("each search goes out with the names of its group in the URL", async () => {
  const { api, sent } = setUp(({ path }) => ({ responses: [{ path }] }));
  const body = lines(
    { index: ["a", "b"], ignore_unavailable: true },
    { size: 1 },
    { index: ["c"] },
    { size: 2 },
  );
  const answer = await api.send(
    { method: "POST", path: "/_msearch", lines: body },
    z.unknown(),
    signal,
  );
  assert.deepEqual(answer, { responses: [{ path: "/a,b/_msearch" }, { path: "/c/_msearch" }] });
  assert.equal(sent[1]?.lines, lines({ ignore_unavailable: true }, { size: 1 }));
});

test("any other refusal is the caller's", async () => {
  const { api } = createFakeApi(() => {
    throw new Fault("configuration", "400: something else");
  });
  const request = { method: "POST", path: "/_mget", body: { docs: [] } } as const;
  await assert.rejects(
    perIndexApi(api, allFeatures()).send(request, z.unknown(), signal),
    /something else/,
  );
});

test("the size limit of an answer is divided among the requests that replace it", async () => {
  const { api, sent } = setUp(() => ({ docs: [{}], responses: [{}] }));
  const docs = ["a", "b", "c", "d"].map((_index) => ({ _index, _id: "1" }));
  const mget = { method: "POST", path: "/_mget", body: { docs }, maxAnswerBytes: 1000 } as const;
  await api.send(mget, z.unknown(), signal);
  const searches = lines({ index: ["a"] }, {}, { index: ["b"] }, {});
  const search = { method: "POST", path: "/_msearch", lines: searches } as const;
  await api.send({ ...search, maxAnswerBytes: 1000 }, z.unknown(), signal);
  await api.send(search, z.unknown(), signal);
  assert.deepEqual(
    sent.slice(1).map(({ maxAnswerBytes }) => maxAnswerBytes),
    [250, 250, 250, 250, 500, 500, undefined, undefined],
  );
});
