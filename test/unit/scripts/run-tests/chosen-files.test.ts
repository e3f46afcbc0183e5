import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { readTestArguments } from "../../../../scripts/run-tests/arguments.ts";
import { allFiles, chooseFiles, findFiles } from "../../../../scripts/run-tests/chosen-files.ts";
import { temporaryFolder } from "../../../support/commands/run-command.ts";

const FILES = [
  "test/e2e/process/disk-full.test.ts",
  "test/e2e/setup/alone/check.test.ts",
  "test/unit/cli/print.test.ts",
  "test/unit/cli/status.test.ts",
];

async function checkoutOf(t: TestContext): Promise<string> {
  const checkout = await temporaryFolder(t);
  for (const file of [...FILES, "test/unit/cli/setup.ts", "src/cli/print.ts"]) {
    await mkdir(dirname(join(checkout, file)), { recursive: true });
    await writeFile(join(checkout, file), "");
  }
  return checkout;
}

async function choose(
  t: TestContext,
  given: string[],
  part: "unit" | "e2e" | "both",
  folder = ".",
) {
  const checkout = await checkoutOf(t);
  const found = await findFiles(given, { checkout, folder: join(checkout, folder) });
  return chooseFiles(found, part === "both" ? ["unit", "e2e"] : [part]);
}

for (const [what, given, part, folder, files] of [
  ["a file", ["test/unit/cli/print.test.ts"], "unit", ".", [2]],
  ["several", ["test/unit/cli/status.test.ts", "test/unit/cli/print.test.ts"], "unit", ".", [3, 2]],
  ["a file twice", ["test/unit/cli/print.test.ts", "test/unit/cli/p*.test.ts"], "unit", ".", [2]],
  ["a pattern", ["test/unit/cli/*.test.ts"], "unit", ".", [2, 3]],
  ["a folder", ["test/unit/cli"], "unit", ".", [2, 3]],
  ["a file from the folder that one is in", ["print.test.ts"], "unit", "test/unit/cli", [2]],
  ["a file by its path in the checkout", ["test/unit/cli/print.test.ts"], "unit", "src/cli", [2]],
  ["of a folder with both parts what is of this one", ["test"], "e2e", ".", [0, 1]],
  ["files of both parts", ["test/unit/c*/p*", "test/e2e/process"], "both", ".", [2, 0]],
] as const) {
  test(`${what} is chosen`, async (t) => {
    assert.deepEqual(await choose(t, [...given], part, folder), {
      files: files.map((at) => FILES[at]),
    });
  });
}

for (const [what, given, part, problem] of [
  [
    "that is not there",
    "test/unit/cli/gone.test.ts",
    "unit",
    /^test\/unit\/cli\/gone\.test\.ts: no test file/,
  ],
  ["that is no test", "test/unit/cli/setup.ts", "unit", /no test file \(\*\.test\.ts\) is there/],
  ["of the other part", FILES[1], "unit", /npm run test:e2e -- test\/e2e\/setup\/alone\/check/],
  ["of this part", FILES[2], "e2e", /of the unit tests; run npm run test:unit -- /],
  ["that matches nothing", "test/**/x*", "both", /no test file .* matches it/],
] as const) {
  test(`a name ${what} is refused with what to do`, async (t) => {
    const chosen = await choose(t, [given ?? ""], part);
    assert.match("problem" in chosen ? chosen.problem : "", problem);
  });
}

test("without a name all files are there, by their part", async (t) => {
  assert.deepEqual(await allFiles(await checkoutOf(t)), FILES);
});

const PLAIN = {
  parts: ["unit", "e2e"],
  files: [],
  namePatterns: [],
  watch: false,
  full: false,
  older: false,
  expectedSkips: undefined,
};
for (const [args, read] of [
  [[], PLAIN],
  [["unit", "a", "b"], { ...PLAIN, parts: ["unit"], files: ["a", "b"] }],
  [["a"], { ...PLAIN, files: ["a"] }],
  [
    ["unit", "--test-name-pattern", "x y", "a"],
    { ...PLAIN, parts: ["unit"], files: ["a"], namePatterns: ["x y"] },
  ],
  [["--watch"], { ...PLAIN, parts: ["unit"], watch: true }],
  [["--watch", "a"], { ...PLAIN, files: ["a"], watch: true }],
  [["--full"], { ...PLAIN, full: true }],
  [["--older"], { ...PLAIN, full: true, older: true }],
  [["--expect-skip", "no tty"], { ...PLAIN, expectedSkips: ["no tty"] }],
  [["--colour"], undefined],
] as const) {
  test(`a test run with ${args.join(" ") || "nothing"} is asked for what it says`, () => {
    assert.deepEqual(readTestArguments([...args], {}), read);
  });
}

test("CI expects no test to be skipped", () => {
  assert.deepEqual(readTestArguments([], { CI: "true" })?.expectedSkips, []);
});
