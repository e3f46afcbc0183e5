import assert from "node:assert/strict";
import { test } from "node:test";
import { CUTS, evidenceRecall } from "../../../../scripts/bench/logdx/evidence-recall.ts";
import { amongOtherErrors } from "../../../../scripts/bench/logdx/other-errors.ts";
import type { LogdxCase } from "../../../../scripts/bench/logdx/read-cases.ts";

const TEXT = ["ok", "error: disk full", "ok", "ok", "exit code 1"].join("\n");
const TRUTH: LogdxCase["truth"] = {
  required_signals: [
    { type: "exception", importance: "critical", evidence_lines: [[2, 2]] },
    { type: "exit_code", importance: "critical", evidence_lines: [[5, 5]] },
    {
      type: "command",
      importance: "optional",
      evidence_lines: [
        [1, 1],
        [4, 5],
      ],
    },
  ],
  expected_diagnosis: { must_mention: ["Disk", "exit code", "storage"] },
};

test("a signal is found where one of its lines is kept, a term only where the log has it", () => {
  const cut = { text: "error: disk full\nok", lines: [{ from: 2, to: 3 }] };
  assert.deepEqual(evidenceRecall({ text: TEXT, truth: TRUTH }, cut), {
    signals: { found: 1, of: 3 },
    critical: { found: 1, of: 2 },
    mentions: { found: 1, of: 2 },
  });
});

test("the baselines keep the last lines, and the last lines with a word of failure", () => {
  assert.deepEqual(CUTS.tail(TEXT, 6).lines, [
    { from: 4, to: 4 },
    { from: 5, to: 5 },
  ]);
  assert.deepEqual(CUTS["grep | tail"](TEXT, 100).lines, [
    { from: 2, to: 2 },
    { from: 5, to: 5 },
  ]);
});

test("among other errors the truth's lines are where their text is", () => {
  const made = amongOtherErrors({ name: "a", text: TEXT, truth: TRUTH }, 300);
  const lines = made.text.split("\n");
  assert.equal(lines.length, 305);
  assert.equal(new Set(lines).size, 303);
  const [disk, exit] = made.truth.required_signals.map(
    ({ evidence_lines: [[from] = [0, 0]] }) => lines[from - 1],
  );
  assert.deepEqual([disk, exit], ["error: disk full", "exit code 1"]);
});
