import assert from "node:assert/strict";
import { test } from "node:test";
import { textHash } from "../../support/fakes/signer.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { SearchRefused, type SearchRefusal } from "../../../src/search/search-refused.ts";
import { failWith } from "../../support/fakes/fake-embedder.ts";
import { axis, MODEL, pending, setUpSearch, vectorized } from "./search-setup.ts";

const LIKE = vectorized(9, "like it", { vector: axis(0.9) });

function refused(code: SearchRefusal, message: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof SearchRefused, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
}

test("a record's own vector is taken, and the record itself left out", async () => {
  const own = vectorized(1, "it", { vector: axis(1) });
  const twin = vectorized(2, "it", { vector: axis(1) });
  const { similar, embedder, store } = setUpSearch([own, twin, LIKE]);
  const answer = await similar("log-1");
  assert.deepEqual(
    answer.hits.map(({ id, count }) => [id, count]),
    [
      ["log-2", 1],
      ["log-9", 1],
    ],
  );
  const { query, searched, stored } = answer;
  assert.deepEqual(query, {
    text: "it",
    truncated: false,
    must_have: [],
    index: "app_logs",
    id: "log-1",
  });
  assert.deepEqual([searched.records, stored], [2, null]);
  assert.deepEqual([embedder.calls.length, store.writes.length], [0, 0]);
});

test("one without a vector gets one, is paid for once, and is told of", async () => {
  const { similar, embedder, store, answerWith, told } = setUpSearch([pending(1, "it"), LIKE]);
  answerWith(axis(1));
  const answer = await similar("log-1");
  assert.deepEqual(
    answer.hits.map(({ id }) => id),
    ["log-9"],
  );
  assert.equal(answer.stored, "updated");
  assert.equal(answer.embedding.texts, 1);
  assert.equal(embedder.calls.length, 1);
  const document = store.read({ index: "app_logs", id: "log-1" });
  assert.deepEqual(document?.["log_vector"], axis(1));
  assert.partialDeepStrictEqual(document?.["log_vector_meta"], {
    model: MODEL,
    text_hash: textHash("it"),
  });
  // The log leaves it out for its source: the answer tells of it.
  assert.partialDeepStrictEqual(told.recordsWritten, [{ source: "search", written: 1 }]);
  assert.partialDeepStrictEqual(told.textsEmbedded, [{ source: "search", texts: 1 }]);
});

test("one that arrived just now is found before search sees it", async () => {
  const { similar, store, answerWith } = setUpSearch([LIKE]);
  store.arrive([pending(1, "it")]);
  answerWith(axis(1));
  assert.equal((await similar("log-1")).stored, "updated");
});

test("one without a vector takes that of an equal text", async () => {
  const { similar, embedder } = setUpSearch([pending(1, "it"), vectorized(2, "it")]);
  const answer = await similar("log-1");
  assert.deepEqual([answer.stored, answer.hits[0]?.id], ["reused", "log-2"]);
  assert.equal(embedder.calls.length, 0);
});

test("a cache of nothing does not make it pay twice", async () => {
  const { similar, embedder, store } = setUpSearch([pending(1, "it"), LIKE], { maxEntries: 0 });
  store.refuse(() => new Fault("index", "fake: blocked"));
  const answer = await similar("log-1");
  assert.deepEqual([answer.stored, answer.embedding.texts], ["deferred", 1]);
  assert.equal(answer.hits.length, 1);
  assert.equal(embedder.calls.length, 1);
});

test("one of another level is compared and not stored", async () => {
  const { similar, store } = setUpSearch([pending(1, "it", { level: "INFO" }), LIKE]);
  const answer = await similar("log-1");
  assert.deepEqual([answer.stored, answer.hits.length], [null, 1]);
  assert.equal(store.writes.length, 0);
});

test("a vector of another text or another model is not taken for its own", async () => {
  const stale = vectorized(1, "it", { vector: axis(0), stamp: { text_hash: textHash("old") } });
  const { similar, store, answerWith } = setUpSearch([stale, LIKE]);
  answerWith(axis(1));
  const answer = await similar("log-1");
  assert.equal(answer.stored, "updated");
  assert.ok((answer.hits[0]?.score ?? 0) > 0.89);
  const other = vectorized(2, "it too", { vector: axis(0), stamp: { model: "another" } });
  store.seed([other]);
  const kept = await similar("log-2");
  assert.equal(kept.stored, "already_vectorized");
  assert.ok((kept.hits[0]?.score ?? 0) > 0.89);
  const meta = store.read({ index: "app_logs", id: "log-2" })?.["log_vector_meta"];
  assert.partialDeepStrictEqual(meta, { model: "another" });
});

test("a record that may be in what was not seen is not said to be missing", async () => {
  const { similar, store } = setUpSearch([pending(1, "it")]);
  store.define("app_logs", { partial: "1 of 5 shards failed" });
  await assert.rejects(similar("gone"), {
    name: "Fault",
    kind: "index",
    message: /^app_logs\/gone was not found, .*: app_logs: 1 of 5 shards failed$/,
  });
});

test("a missing, a skipped and an empty record are refused with different errors", async () => {
  const { similar, store } = setUpSearch([pending(1, " "), pending(2, null)]);
  store.define("shut_logs", { unfit: "closed" });
  await assert.rejects(similar("gone"), refused("not_found", /^app_logs has no document gone\.$/));
  await assert.rejects(
    similar("x", { of: { index: "no_logs", id: "x" } }),
    refused("not_found", /no index, alias or data stream no_logs behind OPENSEARCH_INDEX_PATTERN/),
  );
  await assert.rejects(
    similar("x", { of: { index: "shut_logs", id: "x" } }),
    refused("unfit", /^shut_logs is skipped: closed\.$/),
  );
  await assert.rejects(similar("log-1"), refused("no_text", /^app_logs\/log-1 has no text/));
  await assert.rejects(similar("log-2"), refused("no_text", /^app_logs\/log-2 has no text/));
});

test("a text that the embedder refuses is quarantined once and not sent again", async () => {
  const { similar, embedder, store } = setUpSearch([pending(1, "poison"), LIKE]);
  embedder.plan(failWith(new Fault("record", "fake: too odd")));
  const why = refused("text_refused", /^app_logs\/log-1 is in quarantine: fake: too odd\.$/);
  await assert.rejects(similar("log-1"), why);
  const meta = store.read({ index: "app_logs", id: "log-1" })?.["log_vector_meta"];
  assert.partialDeepStrictEqual(meta, { skipped: "refused", attempts: 1 });
  // The text, and the harmless one by which it was found to be the text's fault.
  assert.equal(embedder.calls.length, 2);
  await assert.rejects(similar("log-1"), why);
  assert.equal(embedder.calls.length, 2);
});

test("an embedder that is out is said, and nothing is marked for it", async () => {
  const { similar, embedder, store } = setUpSearch([pending(1, "it"), LIKE]);
  embedder.plan(failWith(new Fault("credentials", "fake: no key")));
  await assert.rejects(similar("log-1"), (error: unknown) => {
    assert.ok(error instanceof Fault);
    assert.equal(error.message, "fake: no key");
    return true;
  });
  assert.equal(store.writes.flat().length, 0);
  assert.equal(embedder.calls.length, 1);
});
