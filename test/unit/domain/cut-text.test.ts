import assert from "node:assert/strict";
import { test } from "node:test";
import { assert as check, integer, property, string } from "fast-check";
import { cutText } from "../../../src/domain/cut-text.ts";

test("a text is cut at a character's border, and no sooner than it must be", () => {
  assert.deepEqual(cutText("disk full", 9), { text: "disk full", cut: false });
  assert.deepEqual(cutText("disk full", 4), { text: "disk", cut: true });
  assert.deepEqual(cutText("äöü", 5), { text: "äö", cut: true });
  assert.deepEqual(cutText("a😀b", 4), { text: "a", cut: true });
});

test("no text is longer than it may be, and what is left is its beginning", () => {
  check(
    property(string({ unit: "grapheme" }), integer({ min: 1, max: 40 }), (text, most) => {
      const { text: head, cut } = cutText(text, most);
      assert.ok(Buffer.byteLength(head) <= most || !cut);
      assert.ok(text.startsWith(head));
      assert.equal(cut, Buffer.byteLength(text) > most);
      if (cut) assert.ok(Buffer.byteLength(head) > most - 4);
    }),
  );
});
