import assert from "node:assert/strict";
import { test } from "node:test";
import { asVersion } from "../../../src/domain/version.ts";
import type { Neighbour } from "../../../src/ports/vector-index.ts";
import { groupHits, toTextHit } from "../../../src/search/group-hits.ts";
import { digest } from "../../../src/pipeline/signer.ts";
import { signer, textHash } from "../../support/fakes/signer.ts";

const AS_IT_IS = (message: string) => message;

type Hit = Neighbour & { hash?: string };

function hit(id: string, text: string, score: number, hash?: string): Hit {
  const record = { index: "a", id, version: asVersion("0:1"), text };
  return { record, score, ...(hash === undefined ? {} : { hash }) };
}

function shown(hits: readonly Hit[], toText = AS_IT_IS) {
  const said = hits.map(({ hash, ...one }) => {
    return { hit: one, text: toText(one.record.text), ...(hash === undefined ? {} : { hash }) };
  });
  return groupHits(said).map(({ hits: own, hashes }) => [
    own.map(({ record }) => record.id).join(" "),
    [...hashes].join(" "),
  ]);
}

test("texts that differ only in their variable parts are one group, at the rank of the nearest", () => {
  const hits = [
    hit("1", "pool p has 40 of 40 in use", 0.9, "a"),
    hit("2", "disk full", 0.8, "b"),
    hit("3", "pool p has 39 of 40 in use", 0.7, "c"),
  ];
  assert.deepEqual(shown(hits), [
    ["1 3", "a c"],
    ["2", "b"],
  ]);
});

test("records of one text are one group, whatever their messages look like", () => {
  const hits = [hit("1", "x=first", 0.9, "a"), hit("2", "x=second", 0.9, "a")];
  assert.deepEqual(shown(hits), [["1 2", "a"]]);
});

test("a group may come of a text here and of a family there", () => {
  const hits = [
    hit("1", "took 17 ms", 0.9, "a"),
    hit("2", "cut", 0.9, "a"),
    hit("3", "took 18 ms", 0.8, "b"),
    hit("4", "cut", 0.8, "c"),
  ];
  assert.deepEqual(shown(hits), [["1 2 3 4", "a b c"]]);
});

test("texts that differ only in masked parts are one group", () => {
  const hits = [hit("1", "token=abc", 0.9), hit("2", "token=def", 0.8)];
  assert.equal(shown(hits).length, 2);
  assert.deepEqual(
    shown(hits, () => "token=***"),
    [["1 2", ""]],
  );
});

test("a hit goes by the hash that its stamp names only where it is of its own text", () => {
  const text = "disk full";
  const said = (stamp: Record<string, unknown>) => {
    const record = { index: "a", id: "1", version: asVersion("0:1"), text, stamp };
    return toTextHit({ record, score: 1 }, { toText: AS_IT_IS, signer }).hash;
  };
  assert.equal(said({ text_hash: textHash(text), key: signer.key }), textHash(text));
  assert.equal(said({ text_hash: digest(text) }), digest(text), "as of before");
  assert.equal(said({ text_hash: textHash("of a victim"), key: signer.key }), undefined);
  assert.equal(said({ text_hash: digest("of a victim") }), undefined);
  assert.equal(said({ text_hash: textHash("of a victim"), key: "0badc0de" }), undefined);
  assert.equal(said({}), undefined);
});
