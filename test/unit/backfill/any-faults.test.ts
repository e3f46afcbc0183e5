import { test } from "node:test";
import * as fc from "fast-check";
import { errorLog } from "../../support/log-documents.ts";
import { propertyRuns } from "../../support/property-runs.ts";
import { CALM, play, type Step, type Story } from "./fault-story.ts";

/** Messages of which some come again, some are refused by every embedder, and some are blank. */
const message = fc.oneof(
  { weight: 6, arbitrary: fc.nat(40).map((n) => `error ${n}`) },
  { weight: 2, arbitrary: fc.constantFrom("poison a", "poison b", "poison c") },
  { weight: 1, arbitrary: fc.constantFrom("", "   ") },
);
const documents = fc
  .array(fc.record({ message, index: fc.constantFrom("app_a", "app_b") }), {
    minLength: 1,
    maxLength: 40,
  })
  .map((all) => all.map(({ message: text, index }, n) => errorLog(n, text, index)));

const embedderTrouble = fc.constantFrom<Step["embedder"]["trouble"]>(
  undefined,
  "rate",
  "outage",
  "quota",
  "credentials",
  "configuration",
  "spoilt",
  "left out",
);
const writeTrouble = fc.constantFrom<Step["write"]["trouble"]>(
  undefined,
  "rate",
  "outage",
  "index",
  "credentials",
  "configuration",
  "unanswered",
);
const step = fc.record({
  drain: fc.boolean(),
  embedder: fc.record({ trouble: embedderTrouble, every: fc.integer({ min: 1, max: 3 }) }),
  write: fc.record({ trouble: writeTrouble, every: fc.integer({ min: 1, max: 3 }) }),
  away: fc.constantFrom(
    "survey",
    "findPending",
    "readCurrent",
    "findVectors",
    "makeVisible",
    undefined,
  ),
  minutes: fc.integer({ min: 0, max: 5 }),
});
const story: fc.Arbitrary<Story> = fc.record({
  documents,
  steps: fc.array(step, { maxLength: 8 }),
  batchSize: fc.integer({ min: 1, max: 20 }),
  perRequest: fc.integer({ min: 1, max: 8 }),
});
const property = fc.asyncProperty(story, play);

/** Always the same stories: where one of these fails, a change has broken something. */
const SEEDS = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233];
const RUNS_PER_SEED = 25;

const ENDS_WELL =
  "whatever fails in whatever order: once it ends all is right, and nothing was paid for twice";
const random = propertyRuns();
if (random) {
  test(`${ENDS_WELL} (${random.runs} stories from seed ${random.seed})`, () =>
    fc.assert(property, { seed: random.seed, numRuns: random.runs }));
} else {
  for (const seed of SEEDS) {
    test(`${ENDS_WELL} (seed ${seed})`, () =>
      fc.assert(property, { seed, numRuns: RUNS_PER_SEED }));
  }
}

/** What random stories have met, each as it was after shrinking. */
const COUNTEREXAMPLES: { what: string; story: Story }[] = [
  {
    // Met with seed 189528, path 201:2:3:1:2:3:0:4:5:7:7:8:8:8:10:10:10
    what: "an index is on trial, and search does not see the vector of its first record",
    story: {
      documents: [errorLog(0, "error 0", "app_b"), errorLog(1, "error 0", "app_b")],
      steps: [
        {
          ...CALM,
          write: { trouble: "credentials", every: 1 },
          away: "makeVisible",
          minutes: 0,
        },
        {
          ...CALM,
          drain: false,
          write: { trouble: "unanswered", every: 1 },
          away: "findVectors",
          minutes: 0,
        },
      ],
      batchSize: 1,
      perRequest: 1,
    },
  },
  {
    // Met with seed -1810089538, path 76:2:1:3:3:12:15:15:15:16:…
    what: "a refresh fails, an hour goes by without a survey, and then an equal text comes",
    story: {
      documents: [errorLog(0, "error 0", "app_a"), errorLog(1, "error 0", "app_a")],
      steps: [
        { ...CALM, drain: false, away: "makeVisible", minutes: 0 },
        ...[0, 0, 0, 1, 0].map((minutes) => ({
          ...CALM,
          drain: false,
          away: "survey" as const,
          minutes,
        })),
      ],
      batchSize: 1,
      perRequest: 1,
    },
  },
];

for (const { what, story: met } of COUNTEREXAMPLES) {
  test(`all is right and nothing was paid for twice where ${what}`, () => play(met));
}
