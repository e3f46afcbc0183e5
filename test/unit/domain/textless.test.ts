import assert from "node:assert/strict";
import { test } from "node:test";
import { longestTextFields, textlessAmong, textlessLine } from "../../../src/domain/textless.ts";

test("fields that hold words are named, those with the most first, and no sub-field of theirs", () => {
  const documents = [
    [
      ["host", "node-1"],
      ["error.message", ["no route to host"]],
      ["error.message.keyword", ["no route to host"]],
      ["status", 500],
      ["note", "two words"],
    ],
    [["note", ["and some more of them here"]]],
  ] as const;
  assert.deepEqual(longestTextFields(documents.map((one) => [...one])), ["note", "error.message"]);
});

test("an index counts as without text only where no record has one", () => {
  const row = (records: number, withoutText: number) => ({ records, withoutText });
  assert.deepEqual(textlessAmong([row(3, 3), row(3, 2), row(0, 0)]), [row(3, 3)]);
});

test("the line names the index, where was looked, and the setting that finds the words", () => {
  const one = { index: "app", lookedIn: ["message"], fields: ["error.message"] };
  assert.equal(
    textlessLine([one]),
    "no record of index app has a text in message, so none gets a vector; there is text in error.message: set MESSAGE_FIELD=error.message",
  );
  assert.match(
    textlessLine([one, { ...one, index: "web", fields: [] }]),
    /of 2 indices \(app, web\) has/,
  );
  assert.match(textlessLine([{ ...one, fields: [] }]), /; no other field holds a text$/);
});
