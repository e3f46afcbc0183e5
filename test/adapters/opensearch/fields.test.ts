import assert from "node:assert/strict";
import { test } from "node:test";
import { asText, findField, readPath } from "../../../src/adapters/opensearch/fields.ts";

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

const READ: [string, unknown, string, unknown][] = [
  ["plain", { a: 1 }, "a", 1],
  ["nested", { a: { b: { c: 1 } } }, "a.b.c", 1],
  ["dotted", { "a.b.c": 1 }, "a.b.c", 1],
  ["nested, then dotted", { a: { "b.c": 1 } }, "a.b.c", 1],
  ["dotted, then nested", { "a.b": { c: 1 } }, "a.b.c", 1],
  ["under both keys", { a: { x: 0 }, "a.b": 2 }, "a.b", 2],
  ["beside a dead end", { a: "text", "a.b": { c: 3 } }, "a.b.c", 3],
  ["in a list of one", { a: [{ b: 1 }] }, "a.b", 1],
  ["in a list of two", { a: [{ b: 1 }, { b: 2 }] }, "a.b", undefined],
  ["missing", { a: 1 }, "b", undefined],
  ["below a text", { a: "x" }, "a.length", undefined],
  ["null", { a: null }, "a", null],
  ["below null", { a: null }, "a.b", undefined],
  ["of an object's nature", {}, "constructor", undefined],
  ["in no document", undefined, "a", undefined],
];

for (const [what, source, path, expected] of READ) {
  test(`a value ${what} is read as ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(readPath(source, path), expected);
  });
}

const TEXTS: [unknown, string][] = [
  ["text", "text"],
  [null, ""],
  [undefined, ""],
  [["a", "", null, "b"], "a\nb"],
  [[], ""],
  [42, "42"],
  [false, "false"],
  [{ a: 1 }, '{"a":1}'],
];

for (const [value, expected] of TEXTS) {
  test(`${JSON.stringify(value)} as text is ${JSON.stringify(expected)}`, () => {
    assert.equal(asText(value), expected);
  });
}
