import assert from "node:assert/strict";
import { test } from "node:test";
import { asText, isObject, readPath } from "../../../src/domain/document.ts";

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
  ["in a document of another kind", "text", "length", undefined],
  ["in a list of one document", [{ a: 1 }], "a", 1],
  ["false", { a: { b: false } }, "a.b", false],
  ["under an outer key that leads nowhere", { "a.b": {}, a: { "b.c": 1 } }, "a.b.c", 1],
  ["that looks like a method", { a: {} }, "a.toString", undefined],
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

const OBJECTS: [string, unknown, boolean][] = [
  ["an object", { a: 1 }, true],
  ["an object without a prototype", Object.create(null), true],
  ["null", null, false],
  ["a list", [{ a: 1 }], false],
  ["a text", "{}", false],
  ["a number", 1, false],
  ["nothing", undefined, false],
];

for (const [what, value, expected] of OBJECTS) {
  test(`${what} is ${expected ? "an" : "no"} object of a document`, () => {
    assert.equal(isObject(value), expected);
  });
}
