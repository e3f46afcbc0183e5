import * as errors from "@opensearch-project/opensearch/lib/errors.js";
import { z } from "zod";
import { Fault } from "../../domain/faults.ts";
import type { Api, Request } from "./api.ts";
import { isNotOffered } from "./faults.ts";

/** Tells an index that fails from a cluster that is away. */
export type FailureAttribution = {
  /**
   * What to make of a call that concerned this index alone and failed: a fault of the index where another index answers
   * (the cluster itself, where no other is known), or else the fault as it is.
   */
  attributeToIndex(index: string, fault: Fault, signal: AbortSignal): Promise<Fault>;
  /** Whether some index answers, of those that are known. */
  anyIndexAnswers(signal: AbortSignal): Promise<boolean>;
  /** Whether there is another index that could answer. */
  knowsOthers(index: string): boolean;
};

/** Longer than that no sound index takes to count nothing. */
const MAX_PROBE_MS = 5000;
/** Others that are asked before the cluster is taken to be away: one of them may be in trouble too. */
const OTHERS_ASKED = 2;

/** `known`: names of indices that may be asked. `timeoutMs`: what any request may take. */
export function createFailureAttribution(
  api: Api,
  known: () => Iterable<string>,
  { timeoutMs }: { timeoutMs: number },
): FailureAttribution {
  const probeMs = Math.min(MAX_PROBE_MS, timeoutMs);
  const answers = async (request: Request, signal: AbortSignal) => {
    const once = { once: true, probe: true, timeoutMs: probeMs } as const;
    try {
      await api.send({ ...request, ...once }, z.unknown(), signal);
      return true;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const { kind } = error;
      return (kind !== "outage" && kind !== "rate") || isNotOffered(error);
    }
  };
  const isThere = async (index: string | undefined, signal: AbortSignal) => {
    const others = [...known()].filter((name) => name !== index).slice(0, OTHERS_ASKED);
    if (others.length === 0) return answers({ method: "GET", path: "/" }, signal);
    for (const other of others) {
      const path = `/${encodeURIComponent(other)}/_search`;
      const body = { size: 0, terminate_after: 1 };
      if (await answers({ method: "POST", path, body }, signal)) return true;
    }
    return false;
  };
  return {
    anyIndexAnswers: (signal) => isThere(undefined, signal),
    knowsOthers: (index) => [...known()].some((name) => name !== index),
    async attributeToIndex(index, fault, signal) {
      if (!couldBeCausedByOneIndex(fault) || signal.aborted) return fault;
      if (!(await isThere(index, signal)) || signal.aborted) return fault;
      return new Fault("index", `${index} fails though OpenSearch answers: ${fault.message}`, {
        hint: "Look at the index' shards, settings and mapping, and at the cluster's own log.",
        timedOut: fault.timedOut,
        cause: fault,
      });
    },
  };
}

/** No answer, or an error of the server's own: either may come of what one index is or holds. */
export function couldBeCausedByOneIndex({ kind, timedOut, cause }: Fault): boolean {
  if (kind !== "outage") return false;
  return timedOut || (cause instanceof errors.ResponseError && cause.statusCode === 500);
}

/** What came of asking about indices together, in halves, and at last one by one. */
export type Bisected<T> = { answers: T[]; failed: { index: string; fault: Fault }[] };

/**
 * Asks about all the indices at once, and where that fails in a way that may be of one of them, of each half of them at
 * the same time, down to those that fail alone. Throws the Fault where the cluster is to blame: it is away, or no index
 * of several answers.
 */
export async function bisectIndices<T>(
  attribution: FailureAttribution,
  indices: readonly string[],
  ask: (part: readonly string[]) => Promise<T>,
  signal: AbortSignal,
): Promise<Bisected<T>> {
  const asked = await bisectPart(attribution, indices, ask, signal, { isWhole: true });
  const [first] = asked.failed;
  if (first && indices.length > 1 && asked.answers.length === 0) throw originalFault(first.fault);
  return asked;
}

async function bisectPart<T>(
  attribution: FailureAttribution,
  indices: readonly string[],
  ask: (part: readonly string[]) => Promise<T>,
  signal: AbortSignal,
  { isWhole }: { isWhole: boolean },
): Promise<Bisected<T>> {
  const [index] = indices;
  if (index === undefined) return { answers: [], failed: [] };
  try {
    return { answers: [await ask(indices)], failed: [] };
  } catch (error) {
    if (!(error instanceof Fault) || !couldBeCausedByOneIndex(error)) throw error;
    if (indices.length === 1) {
      const fault = await attribution.attributeToIndex(index, error, signal);
      if (fault.kind !== "index") throw fault;
      return { answers: [], failed: [{ index, fault }] };
    }
    // Where nobody answers, each part would be waited for.
    if (isWhole && !(await attribution.anyIndexAnswers(signal))) throw error;
  }
  const middle = Math.ceil(indices.length / 2);
  const halves = await Promise.all(
    [indices.slice(0, middle), indices.slice(middle)].map((half) =>
      bisectPart(attribution, half, ask, signal, { isWhole: false }),
    ),
  );
  return {
    answers: halves.flatMap(({ answers }) => answers),
    failed: halves.flatMap(({ failed }) => failed),
  };
}

/** As it was before an index was blamed for it. */
export function originalFault(fault: Fault): Fault {
  return fault.cause instanceof Fault ? fault.cause : fault;
}
