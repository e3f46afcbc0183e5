import assert from "node:assert/strict";
import { test } from "node:test";
import { createMask, escapeControls } from "../../../src/telemetry/escape.ts";

const CONTROLS: [string, string][] = [
  ["\u001b[31mred\u001b[0m", String.raw`\u001b[31mred\u001b[0m`],
  ["\u001b]0;title\u0007", String.raw`\u001b]0;title\u0007`],
  ["a\rb", String.raw`a\u000db`],
  ["\u0000\b", String.raw`\u0000\u0008`],
  ["\u009b2J", String.raw`\u009b2J`],
  ["\u007f", String.raw`\u007f`],
  ["abc\u202edef\u2066", String.raw`abc\u202edef\u2066`],
  ["a\u2028b", String.raw`a\u2028b`],
  ["pass\u200bword", String.raw`pass\u200bword`],
  ["a\u200d\u200cb", String.raw`a\u200d\u200cb`],
  ["\ufeffa\u2060\u00ad", String.raw`\ufeffa\u2060\u00ad`],
  ["ok\u{e0041}\u{e007f}", String.raw`ok\udb40\udc41\udb40\udc7f`],
  ["x\u{e0101}", String.raw`x\udb40\udd01`],
];

for (const [raw, escaped] of CONTROLS) {
  test(`${escaped} cannot steer a terminal`, () => assert.equal(escapeControls(raw), escaped));
}

for (const plain of [
  "line\nline",
  "a\tb",
  "Größe 日本語 😀 ✓ …",
  "\\u001b",
  "",
  "👩\u200d💻 👩🏽\u200d🚀 ❤️\u200d🔥",
  "می\u200cخواهم",
  "क्\u200dष",
]) {
  test(`${JSON.stringify(plain)} stays as it is`, () => {
    assert.equal(escapeControls(plain), plain);
  });
}

const MASKED: [string, string, string][] = [
  ["as given", "Admin123!@#", "pw Admin123!@# end Admin123!@#"],
  ["as it stands in a URL", "Admin123!@#", "https://u:Admin123!%40%23@host"],
  ["with a pattern's characters", "a.*$&b", "pw a.*$&b"],
  ["where a URL leaves some characters", "a$b&c@home", "https://u:a$b&c%40home@host"],
];

for (const [what, secret, text] of MASKED) {
  test(`a secret is masked ${what}`, () => {
    const masked = createMask([secret])(text);
    assert.match(masked, /\*\*\*/);
    assert.doesNotMatch(masked, /Admin123|\.\*\$&|home/);
  });
}

test("of two secrets, one within the other, nothing is left over", () => {
  assert.equal(createMask(["pass", "password1"])("password1 pass"), "*** ***");
});

test("a value too short to be a secret is left, or every word would be masked", () => {
  assert.equal(createMask(["a", "abc", ""])("abc"), "abc");
});
