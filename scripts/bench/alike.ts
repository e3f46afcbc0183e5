import { alikeGroups, alikeThresholds, type GroupText } from "../../src/analysis/alike-groups.ts";
import { signatureOf } from "../../src/domain/signature.ts";
import type { Bench, Measured, Row } from "./bench.ts";
import { readStructured } from "./event-templates.ts";
import { readSampleLogs } from "./sample-logs.ts";
import { round } from "./samples.ts";
import { dot, embedAll, embeddersAtHand } from "./search-embedders.ts";

type Group = { text: string; template: string; truths: ReadonlySet<string> };
/** Of the pairs of groups that share one of loghub's templates, and of those that do not. */
type Count = { same: number; different: number };

/**
 * How well `alikeGroups` divides pairs of groups of one log, by loghub's templates. All groups of a log count as of one service
 * without an exception, which is the hard case.
 */
export async function benchAlike(folder: string, bench: Bench): Promise<Measured> {
  await using stack = new AsyncDisposableStack();
  const { embedders } = await embeddersAtHand(stack, bench);
  const logs: Group[][] = [];
  for (const { file } of await readSampleLogs()) {
    const lines = (await readStructured(folder, file)) ?? [];
    const groups = Map.groupBy(lines, ({ message }) => signatureOf(message));
    logs.push(
      [...groups].map(([template, all]) => ({
        text: all[0]?.message ?? "",
        template,
        truths: new Set(all.map((line) => line.template)),
      })),
    );
  }
  const figures: Record<string, unknown> = {};
  const rows: Row[] = [];
  for (const embedder of embedders) {
    bench.say(`Alike groups with ${embedder.model}`);
    const thresholds = alikeThresholds(embedder.model);
    const counts = { pairs: none(), surely: none(), perhaps: none(), near_enough: none() };
    const cosines: number[] = [];
    for (const groups of logs) {
      const texts = groups.map(({ text }) => text);
      const vectors = await embedAll(embedder, texts, bench.signal);
      const compared = groups.map(({ template }, i): GroupText => {
        return { group: `${i}`, service: "", template, vector: vectors[i] ?? new Float32Array(0) };
      });
      for (const [i, one] of compared.entries()) {
        const truthOf = (j: number) =>
          groups[i]?.truths.isDisjointFrom(groups[j]?.truths ?? new Set()) ? "different" : "same";
        for (const [j, other] of compared.slice(0, i).entries()) {
          const cosine = dot(one.vector, other.vector);
          counts.pairs[truthOf(j)]++;
          if (cosine >= thresholds.surely) counts.near_enough[truthOf(j)]++;
          if (truthOf(j) === "different") cosines.push(cosine);
        }
        for (const { group, surely } of alikeGroups(one, compared.slice(0, i), thresholds, i)) {
          counts[surely ? "surely" : "perhaps"][truthOf(Number(group))]++;
        }
      }
    }
    const sorted = cosines.toSorted((a, b) => b - a);
    const above = (share: number) => round(sorted[Math.floor(sorted.length * share)] ?? 0, 3);
    const differentAbove = { "1 %": above(0.01), "0.1 %": above(0.001) };
    figures[embedder.model] = { thresholds, ...counts, different_above: differentAbove };
    const says = ({ same, different }: Count) => `${same} and ${different}`;
    rows.push({
      what: `alike groups, ${embedder.model}`,
      value:
        `pairs of one template and of different ones: surely ${says(counts.surely)}, perhaps ${says(counts.perhaps)}; ` +
        `surely by the cosine alone ${says(counts.near_enough)}`,
      reference: `of ${says(counts.pairs)}`,
    });
  }
  return { figures, rows };
}

function none(): Count {
  return { same: 0, different: 0 };
}
