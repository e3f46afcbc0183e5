import * as errors from "@opensearch-project/opensearch/lib/errors.js";
import { z } from "zod";
import { Fault } from "../../domain/faults.ts";
import type { Api, Request } from "./api.ts";
import { isNotOffered } from "./faults.ts";

/** Tells a failing index from a failing cluster. */
export type FailureAttribution = {
  /**
   * The fault of a failed call about this index alone: of kind `index` where another index (or the cluster, if no other
   * is known) answers; else unchanged.
   */
  attributeToIndex(index: string, fault: Fault, signal: AbortSignal): Promise<Fault>;
  /** Whether any known index answers. */
  anyIndexAnswers(signal: AbortSignal): Promise<boolean>;
  /** Whether another index is known. */
  knowsOthers(index: string): boolean;
};

/** A healthy index answers an empty search within this. */
const MAX_PROBE_MS = 5000;
/** Indices probed before the cluster counts as down: one of them may fail too. */
const OTHERS_ASKED = 2;

/** `known`: indices to probe. `timeoutMs`: limit of any request. */
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
        hint: "Check the index's shards, settings and mapping, and the cluster's log.",
        timedOut: fault.timedOut,
        cause: fault,
      });
    },
  };
}

/** A timeout or a server error may be caused by one index. */
export function couldBeCausedByOneIndex({ kind, timedOut, cause }: Fault): boolean {
  if (kind !== "outage") return false;
  return timedOut || (cause instanceof errors.ResponseError && cause.statusCode === 500);
}

/** The result of a bisection: answers, and the indices that failed alone. */
export type Bisected<T> = { answers: T[]; failed: { index: string; fault: Fault }[] };

/**
 * Sends one request for all indices; where a failure may come from one of them, sends one for each half in parallel,
 * down to single indices. Throws the Fault where the cluster fails, or where no index of several answers.
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
    // Without this check every part would wait for its timeout.
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

/** The fault before it was attributed to an index. */
export function originalFault(fault: Fault): Fault {
  return fault.cause instanceof Fault ? fault.cause : fault;
}
