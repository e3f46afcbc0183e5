import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { groupOf } from "../../../src/domain/group.ts";
import { varyingParts } from "../../../src/domain/varying-parts.ts";
import { assertLinear } from "../../support/asserts/linear-time.ts";

/** What varies stands in brackets. */
function marked(text: string, template = groupOf({ text }).template): string {
  return varyingParts(text, template)
    .map((part) => (part.varies ? `[${part.text}]` : part.text))
    .join("");
}

for (const [text, expected] of [
  ["Order 17 failed after 40 ms", "Order [17] failed after [40] ms"],
  ["Disk full", "Disk full"],
  ["Timeout after 30", "Timeout after [30]"],
  ["  8817: no such cart  ", "[  8817]: no such cart  "],
  [
    "java.lang.NullPointerException: cart 8817\n\tat com.shop.Cart.total(Cart.java:41)\n\tat com.shop.Checkout.pay(Checkout.java:112)",
    "java.lang.NullPointerException: cart [8817]\n\tat com.shop.Cart.total(Cart.java:41)\n\tat com.shop.Checkout.pay(Checkout.java:112)",
  ],
] as const) {
  test(`what varies in ${JSON.stringify(text.slice(0, 40))} is marked, and nothing else`, () => {
    assert.equal(marked(text), expected);
  });
}

test("a value at the end of a line ends with it", () => {
  assert.equal(marked("host a1\nport 5", "host <*>\nport <*>"), "host [a1]\nport [5]");
});

test("a text of another template has nothing marked from where it differs", () => {
  assert.equal(marked("Order 17 was lost", "Order <*> failed"), "Order 17 was lost");
});

test("no character is lost, whatever text and template say", () => {
  const part = fc.oneof(fc.constantFrom("<*>", "\n", " ", "a", "b:", "<*"), fc.string());
  const anyText = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(anyText, anyText, (text, template) => {
      const parts = varyingParts(text, template);
      assert.equal(parts.map((one) => one.text).join(""), text);
      assert.ok(parts.every((one, i) => one.text !== "" && one.varies !== parts[i - 1]?.varies));
    }),
    { numRuns: 300, seed: 11 },
  );
});

test("marking takes no longer than the text is long", () => {
  assertLinear((text) => varyingParts(text, "a <*> ".repeat(50)), "a a1 ");
});
