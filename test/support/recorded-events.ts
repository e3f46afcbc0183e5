import type { Events } from "../../src/ports.ts";

/** What was told, by event. */
type Told = { [Name in keyof Events]: Parameters<Events[Name]>[0][] };

export type RecordedEvents = {
  events: Events;
  told: Told;
  /** Names of the events in the order in which they were told. */
  names: (keyof Events)[];
};

/** Events that are only kept. */
export function recordEvents(): RecordedEvents {
  const told: Told = {
    started: [],
    stopping: [],
    stopped: [],
    cycleStarted: [],
    recordsFound: [],
    textsEmbedded: [],
    recordsWritten: [],
    cycleEnded: [],
    cycleFailed: [],
    cycleSkipped: [],
    drainProgress: [],
    indexUnfit: [],
    indexFitAgain: [],
    mappingAdded: [],
    shardsFailed: [],
    recordFailed: [],
    embedderFailed: [],
    waiting: [],
    refreshFailed: [],
  };
  const names: (keyof Events)[] = [];
  const keep =
    <What>(name: keyof Events, list: What[]) =>
    (what: What) => {
      names.push(name);
      list.push(what);
    };
  const events: Events = {
    started: keep("started", told.started),
    stopping: keep("stopping", told.stopping),
    stopped: () => keep("stopped", told.stopped)(undefined),
    cycleStarted: keep("cycleStarted", told.cycleStarted),
    recordsFound: keep("recordsFound", told.recordsFound),
    textsEmbedded: keep("textsEmbedded", told.textsEmbedded),
    recordsWritten: keep("recordsWritten", told.recordsWritten),
    cycleEnded: keep("cycleEnded", told.cycleEnded),
    cycleFailed: keep("cycleFailed", told.cycleFailed),
    cycleSkipped: () => keep("cycleSkipped", told.cycleSkipped)(undefined),
    drainProgress: keep("drainProgress", told.drainProgress),
    indexUnfit: keep("indexUnfit", told.indexUnfit),
    indexFitAgain: keep("indexFitAgain", told.indexFitAgain),
    mappingAdded: keep("mappingAdded", told.mappingAdded),
    shardsFailed: keep("shardsFailed", told.shardsFailed),
    recordFailed: keep("recordFailed", told.recordFailed),
    embedderFailed: keep("embedderFailed", told.embedderFailed),
    waiting: keep("waiting", told.waiting),
    refreshFailed: keep("refreshFailed", told.refreshFailed),
  };
  return { events, told, names };
}
