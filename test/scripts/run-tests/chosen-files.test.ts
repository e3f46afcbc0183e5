import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { readTestArguments } from "../../../scripts/run-tests/arguments.ts";
import { allFiles, chooseFiles, findFiles } from "../../../scripts/run-tests/chosen-files.ts";
import { temporaryFolder } from "../../support/run-command.ts";

const FILES = [
  "test/cli/print.test.ts",
  "test/cli/status.test.ts",
  "test/integration/check.test.ts",
  "test/scenarios/disk-full.test.ts",
];

async function checkoutOf(t: TestContext): Promise<string> {
  const checkout = await temporaryFolder(t);
  for (const file of [...FILES, "test/cli/setup.ts", "src/cli/print.ts"]) {
    await mkdir(dirname(join(checkout, file)), { recursive: true });
    await writeFile(join(checkout, file), "");
  }
  return checkout;
}

async function choose(
  t: TestContext,
  given: string[],
  part: "unit" | "integration" | "both",
  folder = ".",
) {
  const checkout = await checkoutOf(t);
  const found = await findFiles(given, { checkout, folder: join(checkout, folder) });
  return chooseFiles(found, part === "both" ? ["unit", "integration"] : [part]);
}

for (const [what, given, part, folder, files] of [
  ["a file", ["test/cli/print.test.ts"], "unit", ".", [0]],
  ["several", ["test/cli/status.test.ts", "test/cli/print.test.ts"], "unit", ".", [1, 0]],
  ["a file twice", ["test/cli/print.test.ts", "test/cli/p*.test.ts"], "unit", ".", [0]],
  ["a pattern", ["test/cli/*.test.ts"], "unit", ".", [0, 1]],
  ["a folder", ["test/cli"], "unit", ".", [0, 1]],
  ["a file from the folder that one is in", ["print.test.ts"], "unit", "test/cli", [0]],
  ["a file by its path in the checkout", ["test/cli/print.test.ts"], "unit", "src/cli", [0]],
  ["of a folder with both parts what is of this one", ["test"], "integration", ".", [2, 3]],
  ["files of both parts", ["test/c*/p*", "test/scenarios"], "both", ".", [0, 3]],
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
    "test/cli/gone.test.ts",
    "unit",
    /^test\/cli\/gone\.test\.ts: no test file/,
  ],
  ["that is no test", "test/cli/setup.ts", "unit", /no test file \(\*\.test\.ts\) is there/],
  ["of the other part", FILES[2], "unit", /npm run test:integration -- test\/integration\/check/],
  ["of this part", FILES[0], "integration", /of the unit tests; run npm run test:unit -- /],
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

for (const [args, read] of [
  [[], { parts: ["unit", "integration"], files: [], namePatterns: [], watch: false }],
  [["unit", "a", "b"], { parts: ["unit"], files: ["a", "b"], namePatterns: [], watch: false }],
  [["a"], { parts: ["unit", "integration"], files: ["a"], namePatterns: [], watch: false }],
  [
    ["unit", "--test-name-pattern", "x y", "a"],
    { parts: ["unit"], files: ["a"], namePatterns: ["x y"], watch: false },
  ],
  [["--watch"], { parts: ["unit"], files: [], namePatterns: [], watch: true }],
  [
    ["--watch", "a"],
    { parts: ["unit", "integration"], files: ["a"], namePatterns: [], watch: true },
  ],
  [["--colour"], undefined],
] as const) {
  test(`a test run with ${args.join(" ") || "nothing"} is asked for what it says`, () => {
    assert.deepEqual(readTestArguments([...args]), read);
  });
}
