import assert from "node:assert/strict";
import { test } from "node:test";
import { exceptionIn, groupOf, groupsOfText, isGroupId } from "../../../src/domain/group.ts";
import { assertLinear } from "../../support/asserts/linear-time.ts";

const TEXT = "Order 4711 of customer 12 failed: java.io.IOException: disk full";

test("records that differ in what varies are one group, whose id is the same in every installation", () => {
  const group = groupOf({ text: TEXT, service: "shop" });
  assert.deepEqual(group, {
    group: "352810a97a54189a",
    template: "Order <*> of customer <*> failed: java.io.IOException: disk full",
    service: "shop",
    exception: "java.io.IOException",
  });
  const other = TEXT.replace("4711", "8").replace("12", "9001");
  assert.deepEqual(groupOf({ text: other, service: "shop" }), group);
});

test("another service, another exception and another template are other groups", () => {
  const ids = [
    { text: TEXT, service: "shop" },
    { text: TEXT, service: "billing" },
    { text: TEXT },
    { text: TEXT, service: "shop", exception: "java.net.SocketException" },
    { text: `${TEXT} again`, service: "shop" },
  ].map((traits) => groupOf(traits).group);
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) assert.ok(isGroupId(id), id);
});

test("traits cannot be shifted into each other", () => {
  const a = groupOf({ text: "failed", service: "a", exception: "b" });
  const b = groupOf({ text: "failed", service: "a,b" });
  assert.notEqual(a.group, b.group);
});

test("the groups of one text are those of its records", () => {
  const groups = groupsOfText(TEXT);
  for (const traits of [{ service: "shop" }, {}, { exception: "KeyError" }, { service: "shop" }]) {
    assert.deepEqual(groups(traits), groupOf({ text: TEXT, ...traits }));
  }
});

test("line numbers of a stack trace divide no group", () => {
  const trace = (line: number) =>
    `java.lang.NullPointerException: order\n\tat com.shop.Cart.total(Cart.java:${line})\n\tat java.base/java.lang.Thread.run(Thread.java:${line})`;
  assert.equal(groupOf({ text: trace(7) }).group, groupOf({ text: trace(700) }).group);
});

for (const [text, expected] of [
  ["Caused by: org.postgresql.util.PSQLException: FATAL", "org.postgresql.util.PSQLException"],
  ["KeyError: 'user'", "KeyError"],
  [
    "Unhandled System.Net.Http.HttpRequestException: refused",
    "System.Net.Http.HttpRequestException",
  ],
  ["TypeError: Cannot read properties of undefined", "TypeError"],
  ["Error: no such file", undefined],
  ["an exception was thrown", undefined],
  ["ErrorHandler is missing", undefined],
] as const) {
  test(`the exception of ${JSON.stringify(text)} is ${expected ?? "none"}`, () => {
    assert.equal(exceptionIn(text), expected);
  });
}

for (const value of ["", "d9e0c3a8f1d8b6a", "D9E0C3A8F1D8B6A4", "d9e0c3a8f1d8b6a4 ", 7, null]) {
  test(`${JSON.stringify(value)} is no id of a group`, () => assert.equal(isGroupId(value), false));
}

test("megabytes end in a template of two thousand characters", () => {
  const { template } = groupOf({ text: `Failed at ${"some word ".repeat(200_000)}` });
  assert.equal(template.length, 2000);
});

for (const piece of ["a.", "A.b.", "x ", "XException.", "Aa"]) {
  test(`the search for an exception is linear in a text of ${JSON.stringify(piece)}`, () =>
    assertLinear(exceptionIn, piece));
}
