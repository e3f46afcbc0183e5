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
    rivalMet: [],
    drainProgress: [],
    indexUnfit: [],
    indexFitAgain: [],
    indexPaused: [],
    indexGoesOn: [],
    quarantineFull: [],
    reuseFailed: [],
    mappingAdded: [],
    shardsFailed: [],
    recordFailed: [],
    embedderFailed: [],
    waiting: [],
    breakerOpened: [],
    breakerClosed: [],
    budgetReached: [],
    refreshFailed: [],
    consumingStarted: [],
    partitionsAssigned: [],
    sourceLost: [],
    sourceBack: [],
    enrichingPaused: [],
    enrichingGoesOn: [],
    deadLetterSent: [],
    deadLettersBlocked: [],
    deadLettersGoOn: [],
    commitFailed: [],
    leftToBackfill: [],
    performance: [],
    consumingEnded: [],
    failedUnexpectedly: [],
    referencesPublished: [],
    leadershipChanged: [],
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
    rivalMet: keep("rivalMet", told.rivalMet),
    drainProgress: keep("drainProgress", told.drainProgress),
    indexUnfit: keep("indexUnfit", told.indexUnfit),
    indexFitAgain: keep("indexFitAgain", told.indexFitAgain),
    indexPaused: keep("indexPaused", told.indexPaused),
    indexGoesOn: keep("indexGoesOn", told.indexGoesOn),
    quarantineFull: keep("quarantineFull", told.quarantineFull),
    reuseFailed: keep("reuseFailed", told.reuseFailed),
    mappingAdded: keep("mappingAdded", told.mappingAdded),
    shardsFailed: keep("shardsFailed", told.shardsFailed),
    recordFailed: keep("recordFailed", told.recordFailed),
    embedderFailed: keep("embedderFailed", told.embedderFailed),
    waiting: keep("waiting", told.waiting),
    breakerOpened: keep("breakerOpened", told.breakerOpened),
    breakerClosed: keep("breakerClosed", told.breakerClosed),
    budgetReached: keep("budgetReached", told.budgetReached),
    refreshFailed: keep("refreshFailed", told.refreshFailed),
    consumingStarted: keep("consumingStarted", told.consumingStarted),
    partitionsAssigned: keep("partitionsAssigned", told.partitionsAssigned),
    sourceLost: keep("sourceLost", told.sourceLost),
    sourceBack: keep("sourceBack", told.sourceBack),
    enrichingPaused: keep("enrichingPaused", told.enrichingPaused),
    enrichingGoesOn: keep("enrichingGoesOn", told.enrichingGoesOn),
    deadLetterSent: keep("deadLetterSent", told.deadLetterSent),
    deadLettersBlocked: keep("deadLettersBlocked", told.deadLettersBlocked),
    deadLettersGoOn: keep("deadLettersGoOn", told.deadLettersGoOn),
    commitFailed: keep("commitFailed", told.commitFailed),
    leftToBackfill: keep("leftToBackfill", told.leftToBackfill),
    performance: keep("performance", told.performance),
    consumingEnded: keep("consumingEnded", told.consumingEnded),
    failedUnexpectedly: keep("failedUnexpectedly", told.failedUnexpectedly),
    referencesPublished: keep("referencesPublished", told.referencesPublished),
    leadershipChanged: keep("leadershipChanged", told.leadershipChanged),
  };
  return { events, told, names };
}
