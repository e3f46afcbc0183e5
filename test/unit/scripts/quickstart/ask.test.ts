import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";

import { ask } from "../../../../scripts/quickstart/ask.mjs";

for (const [typed, agreed] of [
  ["y\n", true],
  ["Yes\n", true],
  ["\n", false],
  ["n\n", false],
  ["yesterday\n", false],
  ["", false],
] as const) {
  test(`${JSON.stringify(typed)} is ${agreed ? "a yes" : "a no"}`, async () => {
    const [stdin, stdout] = [new PassThrough(), new PassThrough()];
    const answer = ask("Install it? [y/N] ", { stdin, stdout });
    stdin.end(typed);
    assert.equal(await answer, agreed);
    assert.equal(String(stdout.read()), "Install it? [y/N] ");
  });
}
