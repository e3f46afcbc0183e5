import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { withSettingsTable } from "../../scripts/settings-table.ts";

const rowsOf = (text: string) =>
  text
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    // The formatter pads cells.
    .map((line) => line.replaceAll(/\s+/g, " "));

test("the README's table says of every setting what the program says", async () => {
  const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  assert.deepEqual(rowsOf(readme), rowsOf(withSettingsTable(readme)));
});

test("a README without the marks is not written over", () => {
  assert.throws(() => withSettingsTable("# nothing"), /lost the marks/);
});
