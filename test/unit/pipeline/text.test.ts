import assert from "node:assert/strict";
import { test } from "node:test";
import { isBlank } from "../../../src/pipeline/text.ts";

for (const blank of ["", " ", "\t\n\r ", "\u00a0\u2003"]) {
  test(`${JSON.stringify(blank)} is blank`, () => assert.ok(isBlank(blank)));
}

for (const text of ["x", " . ", "\u0000"]) {
  test(`${JSON.stringify(text)} is not blank`, () => assert.ok(!isBlank(text)));
}
