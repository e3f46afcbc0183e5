import assert from "node:assert/strict";
import { test } from "node:test";
import { writtenAs } from "../../../../src/adapters/opensearch/memory/group-document.ts";
import {
  nearestOf,
  readNearest,
} from "../../../../src/adapters/opensearch/memory/nearest-groups.ts";
import type { OwnIndex } from "../../../../src/adapters/opensearch/memory/own-index.ts";
import { asVersion } from "../../../../src/domain/version.ts";
import { sightedGroup } from "../../../../src/domain/memory/group.ts";
import { turned } from "../../../contract/error-memory-nearest.ts";
import { sighting } from "../../../contract/error-memory-contract.ts";

const { signal } = new AbortController();

/** A sketch whose first bits are set, so many. */
function sketched(group: string, set: number, kind = "shop") {
  const bits = new Int32Array(16);
  for (let bit = 0; bit < set; bit++) bits[bit >> 5] = (bits[bit >> 5] ?? 0) | (1 << (bit & 31));
  return { group, kind, bits };
}

test("the nearest are as many of the same kind as others, in one order, and never farther than asked for", () => {
  const all = [
    sketched("far", 90),
    sketched("b", 20),
    sketched("c", 30),
    sketched("own", 0),
    sketched("a", 10),
    sketched("other b", 12, "billing"),
    sketched("other a", 5, "billing"),
    sketched("unmeant", 1),
    sketched("twin", 10),
  ];
  const near = (limit: number, mostBits: number) =>
    nearestOf(sketched("own", 0), all, {
      limit,
      mostBits,
      isMeant: (other) => other !== "unmeant",
    });
  assert.deepEqual(near(1, 512), ["other a", "a"]);
  assert.deepEqual(near(2, 512), ["other a", "a", "twin", "other b"], "of equal ones the first");
  assert.deepEqual(near(9, 25), ["other a", "a", "twin", "other b", "b"]);
  assert.deepEqual(near(9, 512).at(-1), "far");
});

test("fifty groups among a thousand are three requests, and only vectors of near groups are read", async () => {
  const ids = Array.from({ length: 1000 }, (_, i) => String(i).padStart(16, "0"));
  // All round a circle, so that each has many near ones.
  const documents = new Map(
    ids.map((id, i) => {
      const vector = { values: turned(i * 0.4), model: "m", texts: 1 };
      return [id, writtenAs({ group: sightedGroup(undefined, sighting(id)), vector }).source];
    }),
  );
  const asked: string[] = [];
  const unused = async () => Promise.reject(new Error("not asked for"));
  const index: OwnIndex = {
    name: "groups",
    async read(wanted) {
      asked.push(`read ${wanted.length}`);
      const version = asVersion("1");
      return new Map(wanted.map((id) => [id, { id, source: documents.get(id) ?? {}, version }]));
    },
    async columns({ fields }) {
      asked.push(`columns ${fields.join()}`);
      const rows = [...documents.values()].map((source) =>
        Object.fromEntries(fields.map((field) => [field, String(Reflect.get(source, field))])),
      );
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys are these fields
      return rows as Record<(typeof fields)[number], string>[];
    },
    search: unused,
    count: unused,
    valuesAmong: unused,
    write: unused,
  };
  const wanted = { model: "m", limit: 4, leastCosine: 0.95, isMeant: () => true };
  const found = await readNearest(index, ids.slice(0, 50), wanted, signal);
  assert.equal(found.size, 50);
  assert.equal(asked.filter((one) => one.startsWith("columns")).length, 1, "for all together");
  assert.equal(asked[0], "read 50");
  const vectors = asked.slice(2).map((one) => Number(one.split(" ")[1]));
  assert.ok(vectors.length <= 2 && vectors.every((read) => read <= 200), asked.join());
});
