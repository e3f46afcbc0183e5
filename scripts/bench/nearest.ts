import {
  bitsOf,
  mostDiffering,
  sketchOf,
} from "../../src/adapters/opensearch/memory/group-vector.ts";
import { nearestOf } from "../../src/adapters/opensearch/memory/nearest-groups.ts";
import { alikeGroups, alikeThresholds, type GroupText } from "../../src/analysis/alike-groups.ts";
import { COMPARED } from "../../src/analysis/most-like.ts";
import { signatureOf } from "../../src/domain/signature.ts";
import type { Bench, Measured, Row } from "./bench.ts";
import { readSampleLogs } from "./sample-logs.ts";
import { round } from "./samples.ts";
import { embedAll, embeddersAtHand } from "./search-embedders.ts";

/**
 * How often the list of errors names as most alike what a comparison with the vectors of all groups would name: the sketches decide
 * which few vectors are compared. Right is a group that is as near, and as surely the same error.
 */
export async function benchNearest(bench: Bench): Promise<Measured> {
  await using stack = new AsyncDisposableStack();
  const { embedders } = await embeddersAtHand(stack, bench);
  const texts = new Map<string, { template: string; log: string; text: string }>();
  for (const { file, messages } of await readSampleLogs()) {
    for (const text of messages) {
      const template = signatureOf(text);
      texts.set(`${file} ${template}`, { template, log: file, text });
    }
  }
  const all = [...texts.values()];
  const figures: Record<string, unknown> = {};
  const rows: Row[] = [];
  for (const embedder of embedders) {
    bench.say(`The nearest of ${all.length} groups with ${embedder.model}`);
    const vectors = await embedAll(
      embedder,
      all.map(({ text }) => text),
      bench.signal,
    );
    const groups = all.map(({ template, log }, i): Group => {
      const vector = vectors[i] ?? new Float32Array(0);
      const one = { group: `${i}`, service: log, kind: log, template, vector };
      return { ...one, bits: bitsOf(sketchOf(vector)) };
    });
    const found = compare(groups, embedder.model);
    figures[embedder.model] = found;
    rows.push({
      what: `most alike of ${groups.length} groups, ${embedder.model}`,
      value: `${round(100 * found.right, 1)} % as by all vectors (${found.with_any} of ${found.groups} have one)`,
      reference: `${found.vectors_read} vectors read for each`,
    });
  }
  return { figures, rows };
}

type Group = GroupText & { kind: string; bits: Int32Array };

function compare(groups: readonly Group[], model: string) {
  const thresholds = alikeThresholds(model);
  const mostBits = mostDiffering(thresholds.perhaps);
  const byId = new Map(groups.map((one) => [one.group, one]));
  let [withAny, right, read] = [0, 0, 0];
  for (const one of groups) {
    const [truth] = alikeGroups(one, groups, thresholds, 1);
    const near = nearestOf(one, groups, { limit: COMPARED, mostBits, isMeant: () => true });
    read += near.length;
    const texts = near.flatMap((id) => byId.get(id) ?? []);
    const [found] = alikeGroups(one, texts, thresholds, 1);
    if (!truth) continue;
    withAny++;
    const isAsNear = found && Math.abs(found.cosine - truth.cosine) < 1e-6;
    if (isAsNear && found.surely === truth.surely) right++;
  }
  return {
    groups: groups.length,
    with_any: withAny,
    right: round(right / withAny, 4),
    vectors_read: round(read / groups.length, 2),
  };
}
