import { isTransient } from "../../domain/fault-policy.ts";
import type { WriteProbe } from "../../ports/record-store.ts";
import type { Api } from "./api.ts";
import { itemResult, NO_ANSWER, sendBulk } from "./bulk.ts";
import { existing } from "./read-current.ts";
import { bisectIndices, type FailureAttribution } from "./failure-attribution.ts";

/** An index that does not answer a no-op update within this is probed later. */
const MAX_WAIT_MS = 5000;

/**
 * Whether updates of each index are allowed, tried with documents that do not exist. An index that may be failing is
 * probed alone. Throws a Fault where OpenSearch does not answer.
 */
export async function probeWritable(
  {
    api,
    attribution,
    waitMs,
  }: { api: Api; attribution: FailureAttribution; waitMs?: number | undefined },
  indices: readonly string[],
  signal: AbortSignal,
): Promise<WriteProbe[]> {
  const limit = waitMs === undefined ? undefined : Math.min(waitMs, MAX_WAIT_MS);
  const ask = (part: readonly string[]) => probePart(api, part, limit, signal);
  const { answers, failed } = await bisectIndices(attribution, indices, ask, signal);
  const probes = new Map(answers.flat().map((probe) => [probe.index, probe]));
  for (const { index, fault } of failed) {
    probes.set(index, { index, allowed: false, reason: fault.message });
  }
  return indices.flatMap((index) => probes.get(index) ?? []);
}

async function probePart(
  api: Api,
  indices: readonly string[],
  waitMs: number | undefined,
  signal: AbortSignal,
): Promise<WriteProbe[]> {
  const there = await existing(api, indices, signal);
  const kept = indices.filter((index) => there.has(index));
  const lines = kept.map((index) => {
    const action = {
      // An index may require a routing; one that does not accepts any.
      update: { _index: index, _id: `log-vectorizer-probe-${crypto.randomUUID()}`, routing: "0" },
    };
    return `${JSON.stringify(action)}\n${JSON.stringify({ doc: {} })}\n`;
  });
  const body = { lines: lines.join(""), waitMs };
  const answer = lines.length > 0 ? await sendBulk(api, body, signal) : NO_ANSWER;
  const results = new Map(kept.map((index, i) => [index, itemResult(answer.items[i])]));
  return indices.map((index) => {
    const result = results.get(index);
    if (!result) return { index, allowed: false, reason: "the index is gone" };
    if (result.status !== "failed") return { index, allowed: true };
    const { fault } = result;
    const probe = { index, allowed: false, reason: fault.message };
    return isTransient(fault.kind) ? { ...probe, fault } : probe;
  });
}
