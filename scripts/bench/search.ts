import type { Bench, Measured } from "./bench.ts";
import { measureLatency } from "./search-latency.ts";
import { measureQuality } from "./search-quality.ts";

/**
 * How often the nearest neighbours of a line of real logs are of its own template, for each embedder at hand, and how
 * long a search takes, from the text to the answer.
 */
export async function benchSearch(bench: Bench): Promise<Measured> {
  const [quality, latency] = [await measureQuality(bench), await measureLatency(bench)];
  return {
    figures: { quality: quality.figures, latency: latency.figures },
    rows: [...quality.rows, ...latency.rows],
  };
}
