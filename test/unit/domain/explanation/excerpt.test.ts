import assert from "node:assert/strict";
import { test } from "node:test";
import { estimateTokens } from "../../../../src/domain/explanation/estimate-tokens.ts";
import { excerpt } from "../../../../src/domain/explanation/excerpt.ts";

const noise = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => `Fetched package number ${from + i} from the mirror`);

test("a text within the budget stays as it is, its escapes and times too", () => {
  const text = "2026-04-22T16:11:56.9Z \u001B[31merror: disk full\u001B[0m\r\n\r\nretried\n";
  assert.deepEqual(excerpt(text, { maxTokens: 200 }), {
    text,
    lines: [{ from: 1, to: 4 }],
    cut: false,
  });
});

test("of a long log the lines that say what failed are kept, and each gap says how many lines it left out", () => {
  const lines = [
    ...noise(500),
    "fatal: the certificate of mirror.example.com has expired",
    ...noise(500, 500),
    "Command failed with exit code 3.",
    ...noise(500, 1000),
  ];
  const { text, lines: kept, cut } = excerpt(lines.join("\n"), { maxTokens: 300 });
  assert.ok(cut);
  assert.ok(estimateTokens(text) <= 300);
  assert.match(text, /fatal: the certificate of mirror.example.com has expired/);
  assert.match(text, /Command failed with exit code 3\./);
  const gaps = [...text.matchAll(/… ([\d,]+) lines? left out …/g)].map(([, n = ""]) =>
    Number(n.replace(",", "")),
  );
  const keptLines = kept.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  assert.equal(keptLines + gaps.reduce((sum, n) => sum + n, 0), lines.length);
});
