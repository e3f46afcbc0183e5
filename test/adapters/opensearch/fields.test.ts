import assert from "node:assert/strict";
import { test } from "node:test";
import { findField } from "../../../src/adapters/opensearch/fields.ts";

const PROPERTIES = {
  level: { type: "keyword" },
  log: { properties: { level: { type: "text" }, file: { properties: {} } } },
  flat: { type: "flat_object" },
  severity: { type: "alias", path: "log.level" },
  lost: { type: "alias", path: "elsewhere" },
  self: { type: "alias", path: "self" },
  nested: { type: "nested", properties: { a: { type: "long" } } },
};

const FOUND: [string, string | undefined, string | undefined][] = [
  ["level", "level", "keyword"],
  ["log.level", "log.level", "text"],
  ["log", "log", "object"],
  ["log.file", "log.file", "object"],
  ["flat", "flat", "flat_object"],
  ["flat.level", "flat.level", "flat_object"],
  ["flat.a.b.c", "flat.a.b.c", "flat_object"],
  ["severity", "log.level", "text"],
  ["lost", "elsewhere", "unknown"],
  ["self", "self", "alias"],
  ["nested.a", "nested.a", "long"],
  ["missing", undefined, undefined],
  ["log.missing", undefined, undefined],
  ["level.raw", undefined, undefined],
  ["", undefined, undefined],
];

for (const [path, name, type] of FOUND) {
  test(`${path || "no name"} is found as ${name} of type ${type}`, () => {
    const found = findField(PROPERTIES, path);
    assert.equal(found?.name, name);
    assert.equal(found?.type, type);
  });
}
