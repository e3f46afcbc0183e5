import assert from "node:assert/strict";
import { test } from "node:test";
import { percent, printJson, printLine } from "../../../src/cli/print.ts";
import { printTable } from "../../../src/cli/table.ts";

function capture() {
  const written: string[] = [];
  return {
    stream: { write: (text: string | Uint8Array) => written.push(String(text)) > 0 },
    text: () => written.join(""),
  };
}

test("a line cannot steer the terminal", () => {
  const { stream, text } = capture();
  printLine(stream, "index \u001b[31mred");
  assert.equal(text(), "index \\u001b[31mred\n");
});

test("JSON is one line, and stays the same when it is read", () => {
  const { stream, text } = capture();
  const value = { a: "x\ny\u001b\u009b\u202e", b: [1, null] };
  printJson(stream, value);
  assert.match(text(), /^[^\n]+\n$/);
  assert.doesNotMatch(text(), /[\u009b\u202e]/);
  assert.deepEqual(JSON.parse(text()), value);
});

test("a table has its columns in line, and nothing at the ends of its lines", () => {
  const { stream, text } = capture();
  const columns = [{ head: "index" }, { head: "records", align: "right" as const }, { head: "x" }];
  printTable(stream, columns, [
    ["app_logs", "5", ""],
    ["b", "1234567890", "\u001b[2J"],
  ]);
  assert.equal(
    text(),
    [
      "index        records  x",
      "app_logs           5",
      "b         1234567890  \\u001b[2J",
      "",
    ].join("\n"),
  );
});

for (const [ratio, shown] of [
  [0, "0.0 %"],
  [0.5, "50.0 %"],
  [0.99949, "99.9 %"],
  [0.99999, "99.9 %"],
  [1, "100.0 %"],
] as const) {
  test(`a ratio of ${ratio} is ${shown}`, () => assert.equal(percent(ratio), shown));
}
