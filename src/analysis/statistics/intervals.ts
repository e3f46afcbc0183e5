/** Shares, from 0 to 1. */
export type Interval = { low: number; high: number };

/**
 * How surely an interval holds the truth. `both`: each of two intervals, so that both hold at once with 95 % (Bonferroni 1936: the
 * chances of missing add up at most).
 */
export type Surety = "95%" | "both";

/** Quantile of the standard normal distribution, and the chance of missing on one side. */
const OF: Record<Surety, { z: number; aside: number }> = {
  "95%": { z: 1.959964, aside: 0.05 },
  both: { z: 2.241403, aside: 0.025 },
};

/** So many hits or misses, and fewer, are rare: of at most 50 records, and of more. */
const RARE = { few: 2, many: 3, fewRecords: 50 };

/**
 * The interval of a share of which `hits` of `records` were seen: E. B. Wilson, "Probable Inference, the Law of Succession, and
 * Statistical Inference", JASA 22 (1927), 209–212. With one to three hits (or misses) Wilson's bound misses the truth too often; there
 * it is that of the Poisson distribution: L. Brown, T. Cai, A. DasGupta, "Interval Estimation for a Binomial Proportion",
 * Statistical Science 16 (2001), 101–133 (their modified Wilson interval). Without records: from 0 to 1.
 */
export function shareInterval(hits: number, records: number, surety: Surety = "95%"): Interval {
  if (records === 0) return { low: 0, high: 1 };
  return {
    low: lowerBound(hits, records, surety),
    high: 1 - lowerBound(records - hits, records, surety),
  };
}

function lowerBound(hits: number, records: number, surety: Surety): number {
  if (hits === 0) return 0;
  const { z, aside } = OF[surety];
  const rare = records > RARE.fewRecords ? RARE.many : RARE.few;
  if (hits <= rare && hits < records) return poissonLow(hits, aside) / records;
  const share = hits / records;
  const square = z ** 2 / records;
  const centre = share + square / 2;
  const half = z * Math.sqrt((share * (1 - share)) / records + square / (4 * records));
  return Math.max(0, (centre - half) / (1 + square));
}

/** The mean of a Poisson distribution of which so many hits or more have the chance `aside`. */
function poissonLow(hits: number, aside: number): number {
  let [low, high] = [0, hits];
  for (let step = 0; step < 50; step++) {
    const mean = (low + high) / 2;
    if (chanceOfAtLeast(hits, mean) < aside) low = mean;
    else high = mean;
  }
  return low;
}

function chanceOfAtLeast(hits: number, mean: number): number {
  let [term, fewer] = [Math.exp(-mean), 0];
  for (let k = 0; k < hits; k++) {
    fewer += term;
    term *= mean / (k + 1);
  }
  return 1 - fewer;
}
