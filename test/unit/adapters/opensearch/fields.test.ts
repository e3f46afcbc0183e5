import assert from "node:assert/strict";
import { test } from "node:test";
import { findField } from "../../../../src/adapters/opensearch/fields.ts";

const PROPERTIES = {
  level: { type: "keyword" },
  log: {
    properties: {
      text: { type: "text", fields: { raw: { type: "keyword" } } },
      level: { type: "text" },
      file: { properties: {} },
    },
  },
  text: { type: "text", fields: { keyword: { type: "keyword" } } },
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
  ["text.keyword", "text", "text"],
  ["text.other", undefined, undefined],
  ["log.text.raw", "log.text", "text"],
  ["", undefined, undefined],
];

for (const [path, name, type] of FOUND) {
  test(`${path || "no name"} is found as ${name} of type ${type}`, () => {
    const found = findField(PROPERTIES, path);
    assert.equal(found?.name, name);
    assert.equal(found?.type, type);
  });
}

test("a field in nested objects is reported as nested, unless the mapping copies it out", () => {
  assert.equal(findField(PROPERTIES, "nested.a")?.nested, "nested");
  for (const copied of ["include_in_parent", "include_in_root"]) {
    const properties = { nested: { ...PROPERTIES.nested, [copied]: true } };
    assert.equal(findField(properties, "nested.a")?.nested, undefined);
  }
});
