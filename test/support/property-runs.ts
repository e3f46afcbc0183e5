/**
 * How many random cases are wanted instead of the fixed ones: PROPERTY_RUNS, from PROPERTY_SEED or from anywhere.
 * Undefined: the fixed ones, which make a red run mean a red change.
 */
export function propertyRuns(): { runs: number; seed: number } | undefined {
  const { PROPERTY_RUNS, PROPERTY_SEED } = process.env;
  if (PROPERTY_RUNS === undefined) return undefined;
  const runs = Number(PROPERTY_RUNS);
  const seed = Number(PROPERTY_SEED ?? Math.floor(Math.random() * 2 ** 31));
  if (Number.isSafeInteger(runs) && runs > 0 && Number.isSafeInteger(seed)) return { runs, seed };
  throw new Error("PROPERTY_RUNS and PROPERTY_SEED are whole numbers");
}

/**
 * Seeds in so many tests: 0 to `fixed` - 1, or as many as are wanted by `propertyRuns`. A story that failed is told again
 * by PROPERTY_RUNS=1 and its seed as PROPERTY_SEED.
 */
export function* propertySeeds(
  fixed: number,
  tests: number,
): Iterable<{ about: string; seeds: number[] }> {
  const { runs, seed } = propertyRuns() ?? { runs: fixed, seed: 0 };
  const perTest = Math.ceil(runs / tests);
  for (let done = 0; done < runs; done += perTest) {
    const seeds = Array.from({ length: Math.min(perTest, runs - done) }, (_, i) => seed + done + i);
    yield { about: `seeds ${seeds.at(0)} to ${seeds.at(-1)}`, seeds };
  }
}
