import type { Bench, Measured } from "./bench.ts";
import { measureLatency } from "./search-latency.ts";
import { measureModes } from "./search-modes.ts";
import { measureQuality } from "./search-quality.ts";
import { measureQuestions } from "./search-questions.ts";

/**
 * For each embedder at hand, where the right message stands for people's questions, by words, by meaning and by both, and how often the nearest neighbours of a
 * line of real logs are of its own template; and how long a search takes, from the text to the answer.
 */
export async function benchSearch(bench: Bench): Promise<Measured> {
  const questions = await measureQuestions(bench);
  const modes = await measureModes(bench);
  const [quality, latency] = [await measureQuality(bench), await measureLatency(bench)];
  return {
    figures: {
      questions: questions.figures,
      modes: modes.figures,
      quality: quality.figures,
      latency: latency.figures,
    },
    rows: [...questions.rows, ...modes.rows, ...quality.rows, ...latency.rows],
  };
}
