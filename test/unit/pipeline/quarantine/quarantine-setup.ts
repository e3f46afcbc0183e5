import { Fault } from "../../../../src/domain/faults.ts";
import { asVersion } from "../../../../src/domain/version.ts";
import type { LogRecord } from "../../../../src/domain/log-record.ts";
import { textHash as hashOf } from "../../../support/fakes/signer.ts";
import {
  createLocalQuarantine,
  type LocalQuarantine,
} from "../../../../src/pipeline/quarantine/local-quarantine.ts";
import {
  createFakeLogStore,
  type FakeLogStore,
  type SeedDocument,
} from "../../../support/fakes/fake-log-store.ts";
import { createManualClock } from "../../../support/fakes/manual-clock.ts";
import { createMemoryState, type MemoryState } from "../../../support/fakes/memory-state.ts";
import { recordEvents, type RecordedEvents } from "../../../support/fakes/recorded-events.ts";

export const LATER = "2999-01-01T00:00:00.000Z";
export const META = "log_vector_meta";

/** A document that was refused, `minutes` after a fixed time. */
export function refused(
  number: number,
  { index = "app_logs", ...mark }: { index?: string; [key: string]: unknown } = {},
): SeedDocument {
  const timestamp = new Date(Date.UTC(2026, 0, 1) + number * 60_000).toISOString();
  const basis = { field: "message", text_hash: hashOf("poison") };
  const stamp = {
    skipped: "refused",
    attempts: 1,
    error: "no such language",
    ...basis,
    next_try: LATER,
  };
  const source = { "@timestamp": timestamp, level: "ERROR", message: "poison" };
  return { index, id: `log-${number}`, source: { ...source, [META]: { ...stamp, ...mark } } };
}

export type Setup = RecordedEvents & {
  store: FakeLogStore;
  state: MemoryState;
  localQuarantine: LocalQuarantine;
  keep(record: Pick<LogRecord, "index" | "id" | "timestamp">, error?: string): Promise<void>;
};

/** A store with the documents, and an empty state directory. */
export function setUp(documents: readonly SeedDocument[]): Setup {
  const clock = createManualClock();
  const store = createFakeLogStore(documents, { now: clock.now });
  const recorded = recordEvents();
  const state = createMemoryState();
  const localQuarantine = createLocalQuarantine({ state, clock, events: recorded.events });
  return {
    ...recorded,
    store,
    state,
    localQuarantine,
    async keep(record, error = "takes no update") {
      const { fit } = await store.survey(new AbortController().signal);
      const indexUuid = fit.find(({ index }) => index === record.index)?.uuid;
      const where = indexUuid === undefined ? {} : { indexUuid };
      const whole = { ...record, ...where, version: asVersion("0:1") };
      const textHash = hashOf("poison");
      localQuarantine.add(whole, { textHash, fault: new Fault("record", error) });
    },
  };
}
