import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFINITIONS } from "../../../../src/alerting/anomalies/series.ts";
import { createSeriesWatch } from "../../../../src/alerting/anomalies/series-watch.ts";
import { forestAlarms, type ForestSettings } from "./forest-watch.ts";
import { figuresOf, judge, noVerdict, type Alarm, type Verdict } from "./judge.ts";
import { tellStory, type Story } from "./latency-story.ts";

/** Series that no setting was chosen by. */
const FIRST_SEED = 201;
const METHODS = ["kept", "forest"] as const;

type Case = {
  name: string;
  everyMs: number;
  stories: number;
  forest: ForestSettings;
};

/** Of each, what does best on seeds 1 to 8, as the settings of the kept one were found too. */
const CASES: readonly Case[] = [
  {
    name: "a value a minute",
    everyMs: 60_000,
    stories: 3,
    forest: { threshold: 0.56, values: 9 },
  },
  {
    name: "a value every ten minutes",
    everyMs: 600_000,
    stories: 8,
    forest: { threshold: 0.58, values: 3 },
  },
];

test("more is found than by an isolation forest, with fewer false alarms", (t) => {
  const all = { kept: noVerdict(), forest: noVerdict() };
  for (const { name, everyMs, stories, forest } of CASES) {
    const own = { kept: noVerdict(), forest: noVerdict() };
    for (let seed = FIRST_SEED; seed < FIRST_SEED + stories; seed++) {
      const story = tellStory({ seed, everyMs, days: 14, quietDays: 3 });
      const alarms = { kept: keptAlarms(story), forest: forestAlarms(story, forest) };
      for (const method of METHODS) {
        judge(own[method], story, alarms[method]);
        judge(all[method], story, alarms[method]);
      }
    }
    for (const method of METHODS) t.diagnostic(`${name}, ${method}: ${lineOf(own[method])}`);
    const { recall, falseAlarmsADay } = figuresOf(own.kept);
    assert.ok(recall > 0.9 && falseAlarmsADay < 0.05, `${name}: good in itself`);
  }
  const [kept, forest] = [figuresOf(all.kept), figuresOf(all.forest)];
  assert.ok(kept.recall > forest.recall, `found ${kept.recall}, ${forest.recall}`);
  assert.ok(kept.precision > forest.precision, `right ${kept.precision}, ${forest.precision}`);
  assert.ok(kept.falseAlarmsADay < forest.falseAlarmsADay / 2, "false alarms");
});

function keptAlarms({ points }: Story): Alarm[] {
  const watch = createSeriesWatch(DEFINITIONS.embed.measure);
  const alarms: Alarm[] = [];
  let open: Alarm | undefined;
  for (const { at, value } of points) {
    const change = watch.observe(at, value);
    if (!change) continue;
    if ("began" in change) {
      open = { from: at, to: Infinity };
      alarms.push(open);
    } else if (open) open.to = at;
  }
  return alarms;
}

function lineOf(verdict: Verdict): string {
  const { precision, recall, falseAlarmsADay, repeats, delay, recallOf } = figuresOf(verdict);
  const kinds = (["step", "spike", "drift"] as const).map(
    (kind) => `${kind} ${recallOf[kind].toFixed(2)} after ${delay[kind].toFixed(0)} min`,
  );
  const all = `precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`;
  const wrong = `false alarms a day ${falseAlarmsADay.toFixed(3)}, repeated ${repeats}`;
  return [`${all}, ${wrong}`, ...kinds].join("; ");
}
