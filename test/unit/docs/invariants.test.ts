import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { test } from "node:test";

const CHECKOUT = resolve(import.meta.dirname, "../../..");
const INVARIANTS = 12;

type Held = { file: string; name: string | undefined };

/** Each invariant of the page with the tests that hold it. */
function readInvariants(markdown: string): Map<number, Held[]> {
  const sections = markdown.split(/^## (?=\d+\. )/m).slice(1);
  return new Map(
    sections.map((section) => {
      const tests = section.matchAll(/^- `(test\/[^`]+)`(?:: "([^"]+)")?$/gm);
      return [
        Number.parseInt(section, 10),
        [...tests].map(([, file = "", name]) => ({ file, name })),
      ];
    }),
  );
}

/** What is wrong with the list: an invariant without a test, or a test that does not exist. */
async function problemsOf(markdown: string): Promise<string[]> {
  const problems: string[] = [];
  const invariants = readInvariants(markdown);
  for (let number = 1; number <= INVARIANTS; number++) {
    const held = invariants.get(number) ?? [];
    if (held.length === 0) problems.push(`invariant ${number} has no test`);
    for (const { file, name } of held) {
      const text = await readFile(join(CHECKOUT, file), "utf8").catch(() => undefined);
      if (text === undefined) problems.push(`invariant ${number}: there is no ${file}`);
      else if (name !== undefined && !text.includes(`"${name}"`)) {
        problems.push(`invariant ${number}: ${file} has no test "${name}"`);
      }
    }
  }
  return problems;
}

const page = await readFile(join(CHECKOUT, "docs/invariants.md"), "utf8");

test("each of the twelve invariants names tests that exist", async () => {
  assert.deepEqual(await problemsOf(page), []);
});

test("every line of the list is understood", () => {
  const lines = page.split("\n").filter((line) => line.startsWith("- "));
  const held = [...readInvariants(page).values()].flat();
  assert.equal(held.length, lines.length);
});

test("a test that is gone and an invariant without one are found", async () => {
  const broken = page
    .replace(/(^## 3\.[^]*?\n)- `test[^]*?(?=^## 4)/m, "$1")
    .replace("test/unit/adapters/ordered-checkpoints.test.ts", "test/unit/adapters/gone.test.ts")
    .replace('"outcomes add up one by one"', '"nobody wrote this"');
  assert.deepEqual(await problemsOf(broken), [
    'invariant 1: test/unit/domain/outcome.test.ts has no test "nobody wrote this"',
    "invariant 3 has no test",
    "invariant 6: there is no test/unit/adapters/gone.test.ts",
  ]);
});
