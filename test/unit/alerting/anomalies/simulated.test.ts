import assert from "node:assert/strict";
import { test } from "node:test";
import { FIRST_SEED, keptAlarms } from "../../../../scripts/bench/anomalies/compare.ts";
import { figuresOf, judge, noVerdict } from "../../../../scripts/bench/anomalies/judge.ts";
import { tellStory } from "../../../../scripts/bench/anomalies/latency-story.ts";

for (const [name, everyMs, stories] of [
  ["a value a minute", 60_000, 3],
  ["a value every ten minutes", 600_000, 8],
] as const) {
  test(`of simulated latencies, ${name}, nine anomalies in ten are found, with a false alarm in twenty days`, () => {
    const verdict = noVerdict();
    for (let seed = FIRST_SEED; seed < FIRST_SEED + stories; seed++) {
      const story = tellStory({ seed, everyMs, days: 14, quietDays: 3 });
      judge(verdict, story, keptAlarms(story));
    }
    const { recall, precision, falseAlarmsADay } = figuresOf(verdict);
    assert.ok(recall > 0.9, `found ${recall}`);
    assert.ok(precision > 0.9, `right ${precision}`);
    assert.ok(falseAlarmsADay < 0.05, `${falseAlarmsADay} false alarms a day`);
  });
}
