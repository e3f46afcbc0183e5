import { z } from "zod";
import { sweepSummaryShape } from "../domain/summary.ts";
import type { Clock } from "../ports/clock.ts";
import type { ProcessIdentity, ProcessTable } from "../ports/process-table.ts";
import type { StateStore } from "../ports/state-store.ts";

/** The latest sweep of all processes that share the state directory. Times are ISO 8601, UTC. */
export const lastSweepShape = z.object({
  ended_at: z.string(),
  reason: z
    .string()
    .nullable()
    .describe("Why records had no turn or got no new vector; null where all did."),
  summary: sweepSummaryShape.nullable().describe("null where it could not begin."),
});
export type LastSweep = z.infer<typeof lastSweepShape>;

/**
 * Where passes over an index are, as cursors of the store. `from`: of a pass that is not over; `ends`: of the latest two that
 * are.
 */
const placeShape = z.object({ from: z.string().exactOptional(), ends: z.array(z.string()) });
type Place = z.infer<typeof placeShape>;

const holderShape = z.object({
  pid: z.number(),
  host: z.string(),
  namespace: z.string().nullable(),
  start: z.string().nullable(),
  renewed_at: z.number(),
});

const stateShape = z.object({
  /** The process that sweeps. */
  holder: holderShape.nullable().catch(null),
  /** What the verdicts of earlier passes rest on; with another basis each pass begins at the start. */
  basis: z.string().catch(""),
  /** By index key. */
  places: z.record(z.string(), placeShape).catch({}),
  last: lastSweepShape.nullable().catch(null),
});
type State = z.infer<typeof stateShape>;

const NONE: State = { holder: null, basis: "", places: {}, last: null };
const DOCUMENT = "sweep";
/** A process on another host holds the lease for so long after it last renewed it. */
const LEASE_MS = 15 * 60_000;

/** What sweeps leave in the state directory: one of them at a time, where it has got to, and how the latest ended. */
export type SweepState = {
  /** Takes the lease; false where another process holds it. */
  take(): Promise<boolean>;
  release(last: LastSweep): Promise<void>;
  /** The places of earlier passes on this basis, and only of these indices. */
  places(basis: string, indexKeys: readonly string[]): Promise<Map<string, Place>>;
  /** Keeps a place and renews the lease. */
  reached(basis: string, indexKey: string, place: Place): Promise<void>;
};

type SweepStateDeps = {
  state: Pick<StateStore, "load" | "change">;
  processes: ProcessTable;
  clock: Pick<Clock, "now">;
};

export function openSweepState({ state, processes, clock }: SweepStateDeps): SweepState {
  const self = processes.self();
  const holder = () => ({ ...self, renewed_at: clock.now() });
  const isHeld = ({ renewed_at: renewedAt, ...process }: z.infer<typeof holderShape>) => {
    const liveness = isSame(process, self) ? "gone" : processes.livenessOf(process);
    if (liveness !== "unknown") return liveness === "running";
    return Math.abs(clock.now() - renewedAt) < LEASE_MS;
  };
  const change = (revise: (now: State) => Partial<State>) =>
    state.change(DOCUMENT, (document) => {
      const now = stateIn(document);
      return { ...now, ...revise(now) };
    });
  return {
    async take() {
      let taken = false;
      await change((now) => {
        taken = now.holder === null || !isHeld(now.holder);
        return taken ? { holder: holder() } : {};
      });
      return taken;
    },
    release: (last) => change(() => ({ holder: null, last })),
    async places(basis, indexKeys) {
      let kept: State["places"] = {};
      await change((now) => {
        const known = now.basis === basis ? now.places : {};
        kept = Object.fromEntries(Object.entries(known).filter(([key]) => indexKeys.includes(key)));
        return { basis, places: kept };
      });
      return new Map(Object.entries(kept));
    },
    reached: (basis, indexKey, place) =>
      change((now) => ({
        holder: holder(),
        ...(now.basis === basis && { places: { ...now.places, [indexKey]: place } }),
      })),
  };
}

/** Undefined where there was none yet. */
export async function readLastSweep(
  state: Pick<StateStore, "load">,
): Promise<LastSweep | undefined> {
  return stateIn(await state.load(DOCUMENT)).last ?? undefined;
}

function stateIn(document: unknown): State {
  return stateShape.safeParse(document).data ?? NONE;
}

function isSame(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return (["pid", "host", "namespace", "start"] as const).every((key) => one[key] === other[key]);
}
