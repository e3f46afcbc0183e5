import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as othersTurn } from "node:timers/promises";
import { isBlank, maskAhead } from "../../../src/pipeline/text.ts";

for (const blank of ["", " ", "\t\n\r ", "\u00a0\u2003"]) {
  test(`${JSON.stringify(blank)} is blank`, () => assert.ok(isBlank(blank)));
}

for (const text of ["x", " . ", "\u0000"]) {
  test(`${JSON.stringify(text)} is not blank`, () => assert.ok(!isBlank(text)));
}

const large = (name: string) => name.repeat(100_000);

test("messages of a megabyte are masked one at a time, with room between for others, and once each", async () => {
  const done: string[] = [];
  const toText = (message: string) => {
    done.push(message.slice(0, 1));
    return message.toUpperCase();
  };
  const over = new AbortController();
  const others = async () => {
    for (; !over.signal.aborted; await othersTurn()) done.push("-");
  };
  const beside = others();
  const ahead = await maskAhead(toText, [large("a"), "small", large("b"), large("a")]);
  over.abort();
  await beside;
  assert.match(done.join(""), /a-+b/);
  const before = done.length;
  assert.equal(ahead(large("a")), large("A"));
  assert.equal(ahead(large("b")), large("B"));
  assert.equal(done.length, before, "they are at hand");
  assert.equal(ahead("small"), "SMALL");
});

test("where no message is large nothing waits, and nothing is kept", async () => {
  const toText = (message: string) => message;
  assert.equal(await maskAhead(toText, ["one", "two"]), toText);
});
