import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { METRICS_TABLE } from "../../scripts/metrics-table.ts";
import { withTable } from "../../scripts/readme-table.ts";
import { SETTINGS_TABLE } from "../../scripts/settings-table.ts";

const rowsOf = (text: string) =>
  text
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    // The formatter pads cells.
    .map((line) => line.replaceAll(/\s+/g, " "));

for (const table of [SETTINGS_TABLE, METRICS_TABLE]) {
  test(`the README's table of ${table.name} says of each what the program says`, async () => {
    const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
    assert.deepEqual(rowsOf(readme), rowsOf(withTable(readme, table)));
  });
}

test("a README without the marks is not written over", () => {
  assert.throws(() => withTable("# nothing", SETTINGS_TABLE), /lost the marks/);
});
