import type { Fault } from "../domain/faults.ts";
import type { Clock } from "../ports/clock.ts";
import type { CallEnded, Events } from "../ports/events.ts";
import { createCallRecord, type CallRecord } from "./call-record.ts";
import type { Dependency } from "./ready-answer.ts";

type Name = Dependency["name"];

type Heard = (what: "failing" | "answering", name: Name) => void;

/** How calls to each dependency went, as the work and the probes of this process saw it. */
export type CallRecords = Readonly<Record<Name, CallRecord>> & {
  /** To be told of the events of the process. */
  listener: Partial<Events>;
  /** From now on `heard` is called when calls begin to fail, and when they are answered again; returns what ends that. */
  listen(heard: Heard): () => void;
};

/** From one retry of the tail to the next, about; a cycle's retries are closer together. */
const DOUBT_MS = 30_000;
/** That the embedder's host answers says little about embeddings: its own requests say more, for as long as this. */
const EMBEDDER_DOUBT_MS = 15 * 60_000;
/** What the first cycle needs to send the embedder a request. */
const EMBEDDER_START_MS = 60_000;

export function createCallRecords(clock: Pick<Clock, "now">): CallRecords {
  const hearers = new Set<Heard>();
  const record = (name: Name, doubtMs: number, startDoubtMs = 0) =>
    createCallRecord({ doubtMs, startDoubtMs }, clock, (what) => {
      for (const heard of hearers) heard(what, name);
    });
  const opensearch = record("opensearch", DOUBT_MS);
  const embedder = record("embedder", EMBEDDER_DOUBT_MS, EMBEDDER_START_MS);
  // Kafka tells of one topic or one group that fails, which is told as that: its metadata decides about the whole.
  const kafka = record("kafka", 0);
  const records = { opensearch, embedder, kafka };
  return {
    ...records,
    listener: {
      callEnded: (call) => heardCall(records, call),
      sourceLost({ fault }) {
        if (fault.kind === "outage") kafka.failed("work", fault);
      },
      sourceBack: () => kafka.answered("work"),
    },
    listen(heard) {
      hearers.add(heard);
      return () => void hearers.delete(heard);
    },
  };
}

function heardCall(
  records: Record<"opensearch" | "embedder", CallRecord>,
  { target, fault, probe, abandoned }: CallEnded,
): void {
  // Who sent a probe says what came of it.
  if (probe || abandoned) return;
  // To be asked to slow down is an answer.
  if (!fault || fault.kind === "rate") records[target].answered("work");
  else if (saysOfAll(target, fault)) records[target].failed("work", fault);
}

/** Whether a failure is the dependency's, and not one text's, one index's or one permission's. */
function saysOfAll(target: "opensearch" | "embedder", { kind }: Fault): boolean {
  return target === "opensearch" ? kind === "outage" : kind !== "record" && kind !== "index";
}
