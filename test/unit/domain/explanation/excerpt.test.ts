import assert from "node:assert/strict";
import { test } from "node:test";
import { array, assert as check, constantFrom, integer, property, string } from "fast-check";
import { estimateTokens } from "../../../../src/domain/explanation/estimate-tokens.ts";
import { excerpt, type Excerpt } from "../../../../src/domain/explanation/excerpt.ts";

const noise = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => `Fetched package number ${from + i} from the mirror`);

const MARK = /^… ([\d,]+) lines? left out …$/;

/** The numbers of the kept lines, from 1. */
function keptLines({ lines }: Excerpt): number[] {
  return lines.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
}

test("a text within the budget stays as it is, its escapes and times too", () => {
  const text = "2026-04-22T16:11:56.9Z \u001B[31merror: disk full\u001B[0m\r\n\r\nretried\n";
  assert.deepEqual(excerpt(text, { maxTokens: 200 }), {
    text,
    lines: [{ from: 1, to: 4 }],
    cut: false,
  });
  assert.deepEqual(excerpt("", { maxTokens: 200 }), { text: "", lines: [], cut: false });
});

test("of a long log the first error, the result and the lines around them are kept", () => {
  const log = [
    ...noise(500),
    "fatal: the certificate of mirror.example.com has expired",
    "  valid until Jan 5",
    ...noise(500, 500),
    "3 of 1,001 packages failed",
    "Command failed with exit code 3.",
    ...noise(500, 1000),
  ];
  const { text, cut } = excerpt(log.join("\n"), { maxTokens: 300 });
  assert.ok(cut);
  assert.match(text, /fatal: the certificate of mirror.example.com has expired\n {2}valid until/);
  assert.match(text, /3 of 1,001 packages failed\nCommand failed with exit code 3\./);
  assert.match(text, /^… 4\d\d lines left out …\n/);
});

test("an error says more than a thousand repetitions of another one", () => {
  const again = Array.from(
    { length: 1000 },
    (_, i) => `ERROR worker ${i} lost its lease, retrying`,
  );
  const log = [...again, "ERROR: disk /dev/sdb1 is read-only", ...again].join("\n");
  const { text } = excerpt(log, { maxTokens: 120 });
  assert.match(text, /disk \/dev\/sdb1 is read-only/);
  assert.match(text, /lost its lease/);
});

test("among hundreds of different errors the first one and the end of the failed step are kept", () => {
  const word = (i: number) => `${"abcdefghij".charAt(i % 10)}${"klmnopqrst".charAt((i / 10) % 10)}`;
  const errors = Array.from(
    { length: 600 },
    (_, i) => `ERROR: the ${word(i)} of ${word(i * 7)} ${word(i * 13)} is lost`,
  );
  const log = [
    "error: the key of the cache is unreadable",
    ...errors,
    "FAILED cart_test: total is 3, not 4",
    "1 failed, 30 passed",
    "##[error]Process completed with exit code 1.",
    "Post job cleanup.",
    ...errors,
  ];
  const { text } = excerpt(log.join("\n"), { maxTokens: 400 });
  assert.match(text, /^error: the key of the cache is unreadable\n/);
  assert.match(text, /FAILED cart_test: .*\n1 failed, 30 passed\n##\[error\]Process completed/);
});

test("of many errors that say it in one way the last ones are kept too", () => {
  const word = (i: number) => `${"abcdefghij".charAt(i % 10)}${"klmnopqrst".charAt((i / 10) % 10)}`;
  const errors = Array.from({ length: 100 }, (_, i) => `ERROR: the ${word(i)} of the cart is lost`);
  const log = [...errors, "ERROR: the signing key is gone", ...noise(100), "exit code 1"];
  assert.match(excerpt(log.join("\n"), { maxTokens: 350 }).text, /the signing key is gone/);
});

test("a line is not shown more than three times", () => {
  const line = "ERROR: the lease of the worker was lost and the task goes back to the queue";
  const { text } = excerpt(`${line}\n`.repeat(10_000), { maxTokens: 1000 });
  assert.equal(text.split(line).length - 1, 3);
});

test("where no line tells of a failure the end is kept", () => {
  const { text, lines } = excerpt(noise(5000).join("\n"), { maxTokens: 200 });
  assert.match(text, /number 4999 from the mirror$/);
  assert.equal(lines.at(-1)?.to, 5000);
});

test("what fails in a step is kept with the step's command, what comes after it is not", () => {
  const log = [
    "##[group]Run make install",
    "make install",
    "##[endgroup]",
    ...noise(300),
    "##[group]Run make check",
    "make check",
    "shell: /bin/bash -e {0}",
    "env:",
    "  FAIL_ON_ERROR: error",
    "##[endgroup]",
    ...noise(300, 300),
    "cart.c:12: total is 3, not 4",
    "##[error]Process completed with exit code 2.",
    "Post job cleanup.",
    ...Array.from({ length: 300 }, (_, i) => `warning: cache entry ${i} was not found`),
  ];
  const { text } = excerpt(log.join("\n"), { maxTokens: 200 });
  assert.match(text, /##\[group\]Run make check\nmake check\n/);
  assert.match(text, /cart\.c:12: total is 3, not 4\n##\[error\]Process completed/);
  assert.doesNotMatch(text, /FAIL_ON_ERROR|make install|cache entry/);
});

test("escapes of a terminal and times that repeat are left out, the first time of each part stays", () => {
  const at = (second: number, line: string) =>
    `2026-04-22T16:11:${second}.1234567Z \u001B[36;1m${line}\u001B[0m`;
  const log = [
    ...noise(300).map((line) => at(10, line)),
    at(20, "error: no space left on device"),
    at(20, "  while writing app.tar"),
    at(21, "exit code 1"),
    ...noise(300).map((line) => at(30, line)),
  ];
  const { text } = excerpt(log.join("\n"), { maxTokens: 200 });
  assert.ok(
    text.includes(
      "2026-04-22T16:11:20.1234567Z error: no space left on device\n  while writing app.tar\n2026-04-22T16:11:21.1234567Z exit code 1\n",
    ),
  );
});

test("line ends of Windows are no part of a line", () => {
  const log = [...noise(300), "error: disk full", "exit code 1"].join("\r\n");
  const { text } = excerpt(log, { maxTokens: 100 });
  assert.ok(!text.includes("\r"));
  assert.match(text, /error: disk full\nexit code 1$/);
});

test("a Korean log is cut to its error, whole characters only", () => {
  const lines = Array.from({ length: 500 }, (_, i) => `주문 ${i} 건을 처리했습니다`);
  const log = [...lines, "ERROR 결제 서비스에 연결하지 못했습니다: 시간 초과", ...lines].join("\n");
  const { text } = excerpt(log, { maxTokens: 150 });
  assert.match(text, /ERROR 결제 서비스에 연결하지 못했습니다: 시간 초과/);
  const long = `${"가😀".repeat(5000)} error: 디스크가 가득 찼습니다`;
  assert.ok(excerpt(long, { maxTokens: 100 }).text.isWellFormed());
});

test("of one line of a megabyte its beginning, its error and its end are kept", () => {
  const line = `{"start":1,"pad":"${"x ".repeat(250_000)}","error":"disk full","pad2":"${"y ".repeat(250_000)}","end":2}`;
  const { text, lines, cut } = excerpt(line, { maxTokens: 400 });
  assert.ok(cut);
  assert.match(text, /^\{"start":1.* … .*"error":"disk full.* … .*"end":2\}$/);
  assert.deepEqual(lines, [{ from: 1, to: 1 }]);
  assert.ok(estimateTokens(text) > 200 && estimateTokens(text) <= 400);
});

const LINE = constantFrom(
  "",
  " ",
  "\t\r",
  "error: disk full",
  "2026-04-22T16:11:20.1234567Z  FAILED a/b.py::test_c",
  "2026-04-22T16:11:21.1Z",
  "  \u001B[31mE   AssertionError: 1 != 2\u001B[0m",
  "    at com.example.Shop.pay(Shop.java:1)",
  '  File "a.py", line 1, in f',
  "Caused by: x.y.ZError: no",
  "##[error]Process completed with exit code 1.",
  "##[group]Run make",
  "Post job cleanup.",
  "가나다 실패",
  "😀".repeat(80),
  "lorem ipsum dolor ".repeat(30),
  "1234567890".repeat(40),
);

test("whatever the text, the budget holds, lines keep their order, and marks count what is left out", () => {
  const line = constantFrom(0, 1, 2, 3).chain((kind) =>
    kind === 0
      ? string({ unit: "binary", maxLength: 60 })
      : LINE.map((text) => (kind === 1 ? text : `2026-04-22T16:11:20.1234567Z ${text}`)),
  );
  check(
    property(array(line, { maxLength: 120 }), integer({ min: 0, max: 400 }), (some, maxTokens) => {
      const text = some.join("\n");
      const made = excerpt(text, { maxTokens });
      assert.deepEqual(excerpt(text, { maxTokens }), made);
      assert.ok(estimateTokens(made.text) <= maxTokens);
      if (!made.cut) return assert.equal(made.text, text);
      const kept = keptLines(made);
      assert.deepEqual(
        kept,
        [...new Set(kept)].toSorted((a, b) => a - b),
      );
      if (kept.length === 0) return assert.equal(made.text, "");
      let next = 1;
      for (const shown of made.text.split("\n")) {
        const [, gap] = MARK.exec(shown) ?? [];
        if (gap === undefined) assert.equal(kept.shift(), next++);
        else next += Number(gap.replaceAll(",", ""));
      }
      const all = text.split("\n").length;
      // A last line without a character is none.
      assert.ok(next - 1 === all || next === all);
    }),
    { numRuns: 300 },
  );
});

/** Texts that would take minutes where a line or a pattern were looked at more than once. */
const HOSTILE: Record<string, string> = {
  "ten million of one letter": "a".repeat(1e7),
  "ten million of one sign": "=".repeat(1e7),
  "ten million blanks": " ".repeat(1e7),
  "five million escapes": "\u001B[".repeat(5e6),
  "a million short lines": "x\n".repeat(1e6),
  "a million errors": "error: x\n".repeat(1e6),
  "steps without end": "##[error]\nPost job cleanup.\n".repeat(2e5),
  "frames without end": "\tat a.b.c(X.java:1)\n".repeat(2e5),
  "frames of Python": '  File "x.py", line 1, in f\n    f()\n'.repeat(1e5),
  "almost a frame of Go": `a${"a.a(1".repeat(160)}\n\t/a.go:1\n`.repeat(2000),
  "almost exceptions": `${"a: ".repeat(330)}\n`.repeat(3000),
  "almost names": `${"A1.".repeat(330)}\n`.repeat(3000),
  "almost results": `${"test 1 ".repeat(140)}\n`.repeat(3000),
};

for (const [name, text] of Object.entries(HOSTILE)) {
  test(`a hostile text is cut within its budget: ${name}`, () => {
    const made = excerpt(text, { maxTokens: 500 });
    assert.ok(made.cut);
    assert.ok(made.text !== "" && estimateTokens(made.text) <= 500);
  });
}
