import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { redact, type Redaction } from "../../../src/domain/redact.ts";
import { readMaskCorpus } from "../../support/mask-corpus.ts";

/** What the documentation promises of lines like these. */
const LEAST_RECALL = 0.97;
const LEAST_PRECISION = 0.98;

const GROUPS = [
  { redaction: "secrets", hidden: "secrets", shown: "harmless" },
  { redaction: "pii", hidden: "personal", shown: "impersonal" },
] as const;

for (const { redaction, hidden, shown } of GROUPS) {
  test(`REDACT=${redaction} masks what is secret and leaves the rest, on lines of many kinds`, (t) => {
    const secrets = readMaskCorpus(hidden);
    const harmless = readMaskCorpus(shown);
    const leaks = secrets.filter(({ text, secrets: parts }) => {
      const masked = redact(text, redaction);
      return parts.some((part) => masked.includes(part));
    });
    const spoiled = harmless.filter(({ text }) => redact(text, redaction) !== text);
    const found = secrets.length - leaks.length;
    report(t, redaction, {
      found,
      of: secrets.length,
      spoiled: spoiled.length,
      kept: harmless.length,
    });
    const about = [...leaks, ...spoiled].map(({ file, line }) => `${file}:${line}`).join(", ");
    assert.ok(found / secrets.length >= LEAST_RECALL, `secrets are left: ${about}`);
    assert.ok(found / (found + spoiled.length) >= LEAST_PRECISION, `masked without need: ${about}`);
  });
}

function report(
  t: TestContext,
  redaction: Redaction,
  { found, of, spoiled, kept }: { found: number; of: number; spoiled: number; kept: number },
): void {
  const recall = (found / of).toFixed(4);
  const precision = (found / (found + spoiled)).toFixed(4);
  t.diagnostic(
    `${redaction}: recall ${recall} (${found} of ${of}), precision ${precision} (${spoiled} of ${kept} harmless changed)`,
  );
}

test("masking a masked text changes nothing", () => {
  for (const kind of ["secrets", "harmless", "personal", "impersonal"] as const) {
    for (const { text, file, line } of readMaskCorpus(kind)) {
      for (const redaction of ["secrets", "pii"] as const) {
        const once = redact(text, redaction);
        assert.equal(redact(once, redaction), once, `${file}:${line}`);
      }
    }
  }
});

test("personal data stays where only secrets are to be masked", () => {
  const changed = readMaskCorpus("personal").filter(({ text }) => redact(text, "secrets") !== text);
  assert.deepEqual(changed, []);
});

test("text that is not secret stays as it was written, also beside look-alikes, escapes and entities", () => {
  const texts = [
    [
      "ｅｒｒｏｒ：pаss＝１ ｐａｓｓｗｏｒｄ＝hunter2 ＥＮＤ",
      "ｅｒｒｏｒ：pаss＝１ ｐａｓｓｗｏｒｄ＝*** ＥＮＤ",
    ],
    [
      "\u001b[31mfür\u001b[0m password=\u001b[1mhunter2\u001b[0m",
      "\u001b[31mfür\u001b[0m password=\u001b[1m***\u001b[0m",
    ],
    [
      "a &lt;b&gt; {&quot;password&quot;:&quot;hunter2&quot;}",
      "a &lt;b&gt; {&quot;password&quot;:&quot;***&quot;}",
    ],
    ["q=%7B%22password%22%3A%22hunter2%22%7D&z=%20", "q=%7B%22password%22%3A%22***%22%7D&z=%20"],
  ] as const;
  for (const [text, expected] of texts) assert.equal(redact(text, "secrets"), expected);
});
