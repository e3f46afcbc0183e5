import type { Events, RecordSource } from "../ports/events.ts";

type BatchEvents = Pick<Events, "textsEmbedded" | "recordsWritten" | "embedderFailed">;

/** Says of each batch whose it was: the log shows every batch of a cycle, and those of a tail at level debug only. */
export function eventsOf<E extends BatchEvents>(source: RecordSource, events: E): E {
  return {
    ...events,
    textsEmbedded: (what) => events.textsEmbedded({ ...what, source }),
    recordsWritten: (what) => events.recordsWritten({ ...what, source }),
    embedderFailed: (what) => events.embedderFailed({ ...what, source }),
  };
}
