import type { ErrorAlert, ErrorTraits } from "../domain/memory/error-alert.ts";
import type { Episode as KeptEpisode } from "../domain/memory/episode.ts";
import { MemoryFault } from "../domain/memory/memory-fault.ts";
import { createEpisodeKeeper, keptAs, type FoundEpisode } from "../memory/keep-episodes.ts";
import type { ErrorMemory } from "../ports/error-memory.ts";
import type { Episode } from "./episodes.ts";
import type { ErrorWatchDeps, Look } from "./error-watch.ts";
import { whatItIs } from "./group-row.ts";
import { findLikeCase } from "./like-case.ts";
import { LOOK_BACK_MS } from "./list-episodes.ts";
import type { KeptEpisodes } from "./memory-upkeep.ts";
import { WINDOW_MS, type Finding, type WatchState } from "./watch-groups.ts";
import { roseWithOf, whatRose } from "./what-rose.ts";

type Watched = {
  state: WatchState;
  findings: readonly Finding[];
  ended: readonly Episode[];
  episodes: KeptEpisodes;
};

const HOUR_MS = 3_600_000;
/** A spike lasts for a day at most, and its end is told of who was told of its beginning. */
const SPIKE_CLAIM_MS = 48 * HOUR_MS;
/** The end of what was told longer ago is of no use. */
const END_MAX_AGE_MS = 24 * HOUR_MS;

/**
 * Tells people of findings, each once, of all processes and whatever their state directories: who creates the claim tells it. Ends are
 * told where the beginning was.
 */
export function createAlertTelling(deps: ErrorWatchDeps): {
  /** Throws a MemoryFault where it is unknown what was told, and a Fault; what was claimed until then is told. */
  tell(look: Look, watched: Watched, signal: AbortSignal): Promise<void>;
} {
  const { tell = () => Promise.resolve() } = deps;

  const tellEnd = async (look: Look, watched: Watched, ended: Episode, signal: AbortSignal) => {
    const { group, toMs } = ended;
    const kept = keptAs(ended, watched.episodes.get(group) ?? [], deps.quiet.leastMs);
    const isMuted = watched.state[group]?.standing.state === "muted";
    if (!kept || kept.told.length === 0) return;
    if (look.nowMs - toMs > END_MAX_AGE_MS + deps.quiet.leastMs) return;
    const memory = await deps.memory();
    const alert: ErrorAlert = {
      ...(await traitsOf(deps, look, group, signal)),
      kind: "ended",
      since: Date.parse(kept.from),
      until: Date.parse(kept.to),
      count: kept.count,
    };
    const key = `ended ${kept.episode}`;
    const isMine = await claims(memory, key, look.nowMs, LOOK_BACK_MS, signal);
    if (isMine && !isMuted) await tell(alert);
  };

  const tellFinding = async (
    look: Look,
    watched: Watched,
    finding: Finding,
    signal: AbortSignal,
  ) => {
    const memory = await deps.memory();
    const { group, sinceMs } = finding;
    const traits = await traitsOf(deps, look, group, signal);
    const claim = (key: string, forMs: number) =>
      claims(memory, `${finding.kind} ${group} ${key}`, look.nowMs, forMs, signal);
    const base = { ...traits, since: sinceMs };
    switch (finding.kind) {
      case "spike": {
        const { count } = finding;
        const usual = { records: finding.usual, window: WINDOW_MS };
        const alert: ErrorAlert = { ...base, kind: "spike", count, usual };
        if (await claim(String(sinceMs), SPIKE_CLAIM_MS)) await tell(alert);
        return;
      }
      case "spike_ended": {
        const { untilMs: until, accepted } = finding;
        // Nobody was told of its beginning, and from now on nobody is.
        const began = `spike ${group} ${sinceMs}`;
        if (await claims(memory, began, look.nowMs, SPIKE_CLAIM_MS, signal)) return;
        const usual = { records: finding.usual, window: WINDOW_MS };
        const alert: ErrorAlert = { ...base, kind: "spike_ended", until, usual, accepted };
        if (await claim(String(sinceMs), SPIKE_CLAIM_MS)) await tell(alert);
        return;
      }
      default:
    }
    const run = runOf(group, watched);
    const known = watched.episodes.get(group) ?? [];
    const kept = run && keptAs(run, known, deps.quiet.leastMs);
    const resolvedMs = finding.kind === "back" ? finding.resolvedMs : undefined;
    // The beginning of an episode moves while late records come: it is told already.
    if (kept && kept.told.length > 0 && resolvedMs === undefined) return;
    const like = await likeCaseFor(deps, look, { finding, traits, run, kept, memory }, signal);
    const alert: ErrorAlert = {
      ...base,
      kind: finding.kind,
      count: finding.count,
      ...(run?.ended ? { until: run.toMs } : {}),
      ...(finding.kind === "new" ? {} : { silent: finding.silentMs }),
      ...(resolvedMs === undefined ? {} : { was_resolved: true }),
      ...(like ? { like } : {}),
    };
    const { key, forMs } = claimOf(finding, kept, deps);
    if (!(await claim(key, forMs))) return;
    await tell(alert);
    if (run) await noteTold(look, memory, { run, known, kind: finding.kind }, signal);
  };

  const noteTold = async (
    { nowMs }: Look,
    memory: ErrorMemory,
    { run, known, kind }: { run: FoundEpisode; known: readonly KeptEpisode[]; kind: string },
    signal: AbortSignal,
  ) => {
    const keeper = createEpisodeKeeper(memory.episodes, deps.quiet.leastMs);
    try {
      const { episode } = await keeper.keep(run, known, [kind], signal);
      // The message says that it is over already.
      if (run.ended) await claims(memory, `ended ${episode}`, nowMs, LOOK_BACK_MS, signal);
    } catch (error) {
      // The claim holds.
      if (!(error instanceof MemoryFault)) throw error;
    }
  };

  return {
    async tell(look, watched, signal) {
      for (const one of watched.ended) await tellEnd(look, watched, one, signal);
      for (const one of watched.findings) await tellFinding(look, watched, one, signal);
    },
  };
}

async function claims(
  { episodes }: Pick<ErrorMemory, "episodes">,
  key: string,
  now: number,
  forMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  return (await episodes.claim(key, { now, expiresAt: now + forMs }, signal)) === "won";
}

/** What makes it the same thing for every process, and how long it is remembered that it was told. */
function claimOf(
  finding: Extract<Finding, { kind: "new" | "back" | "known" }>,
  kept: KeptEpisode | undefined,
  { maxAgeMs }: Pick<ErrorWatchDeps, "maxAgeMs">,
): { key: string; forMs: number } {
  switch (finding.kind) {
    case "new":
      return { key: "", forMs: LOOK_BACK_MS };
    case "known":
      return { key: `${finding.saidMs} ${finding.roseMs ?? ""}`, forMs: LOOK_BACK_MS };
    case "back":
      if (finding.resolvedMs !== undefined) {
        return { key: `resolved ${finding.resolvedMs}`, forMs: LOOK_BACK_MS };
      }
      return { key: kept?.episode ?? String(finding.sinceMs), forMs: maxAgeMs + END_MAX_AGE_MS };
    default:
      return finding satisfies never;
  }
}

/** The episode that a finding is about. */
function runOf(group: string, { state, ended }: Watched): FoundEpisode | undefined {
  const open = state[group]?.episodes.open;
  return open ? { group, ...open, ended: false } : ended.findLast((one) => one.group === group);
}

/** What an error is: by its newest record; of one that has none now, by what is kept. */
async function traitsOf(
  { show }: ErrorWatchDeps,
  { seen, decisions }: Look,
  group: string,
  signal: AbortSignal,
): Promise<ErrorTraits> {
  const examples = (seen.get(group)?.recent ?? []).toSorted(
    (a, b) => (b.last ?? 0) - (a.last ?? 0),
  );
  const [newest] = examples;
  if (newest) {
    return { group, level: newest.example.level ?? null, ...whatItIs(newest.example, show) };
  }
  const kept = (await decisions.read([group], signal)).get(group);
  const { service = null, exception = null, template = "" } = kept ?? {};
  return { group, level: null, service, exception, template };
}

type Asked = {
  finding: Finding;
  traits: ErrorTraits;
  run: FoundEpisode | undefined;
  /** As it is kept. */
  kept: KeptEpisode | undefined;
  memory: ErrorMemory;
};

/** What cannot be read of past cases keeps nobody from being told. */
async function likeCaseFor(
  deps: ErrorWatchDeps,
  { scope, decisions, nowMs }: Look,
  { finding, traits, run, kept, memory }: Asked,
  signal: AbortSignal,
): Promise<ErrorAlert["like"]> {
  const { group } = finding;
  const fromMs = run?.fromMs ?? finding.sinceMs;
  try {
    const model = await deps.model();
    const service = traits.service ?? undefined;
    const around = { scope, episode: { group, fromMs }, service, now: nowMs };
    const { rose } = await whatRose(deps, around, signal);
    const now = {
      traits,
      fromMs,
      count: run?.count ?? 1,
      rose: roseWithOf(rose),
      hosts: kept?.hosts ?? [],
      versions: kept?.versions ?? [],
    };
    return await findLikeCase({ memory, model, decisions }, now, signal);
  } catch (error) {
    if (error instanceof MemoryFault) return undefined;
    throw error;
  }
}
