import assert from "node:assert/strict";
import { test } from "node:test";
import { createBulkBody } from "../../../../src/adapters/opensearch/bulk-body.ts";

test("takes lines until it would be too long, and none in part", () => {
  const body = createBulkBody(10);
  assert.ok(body.add(["aaaa\n"]));
  assert.ok(body.add(["bbbb\n"]));
  assert.ok(!body.add(["c"]));
  assert.equal(body.bytes().toString(), "aaaa\nbbbb\n");
});

test("the first lines always fit, however long", () => {
  const body = createBulkBody(10);
  assert.ok(body.add(["a".repeat(25)]));
  assert.ok(!body.add(["b"]));
  assert.equal(body.bytes().length, 25);
});

test("counts bytes, not characters", () => {
  const body = createBulkBody(10);
  assert.ok(body.add(["日本"]));
  assert.ok(!body.add(["日本"]));
  assert.equal(body.bytes().toString(), "日本");
});

test("grows, and is empty after it was cleared", () => {
  const body = createBulkBody(5_000_000);
  const long = "x".repeat(1_500_000);
  assert.ok(body.add([long]) && body.add([long]));
  assert.equal(body.bytes().toString(), long + long);
  body.clear();
  assert.equal(body.bytes().length, 0);
  assert.ok(body.add(["y"]));
  assert.equal(body.bytes().toString(), "y");
});

test("a vector is a list between the texts, and is left out whole where it does not fit", () => {
  const body = createBulkBody(40);
  assert.ok(body.add(['{"v":', Float32Array.of(0.5, -0.25), "}\n"]));
  assert.ok(!body.add(['{"v":', Float32Array.of(0.123, 0.456, 0.789, 0.321), "}\n"]));
  assert.equal(body.bytes().toString(), '{"v":[0.5,-0.25]}\n');
});
