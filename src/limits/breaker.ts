import { z } from "zod";
import { FAULT_POLICIES } from "../domain/fault-policy.ts";
import { Fault, type FaultKind } from "../domain/faults.ts";
import type { Clock } from "../ports/clock.ts";
import type { Events } from "../ports/events.ts";
import type { StateStore } from "../ports/state-store.ts";

/** Circuit breaker: stops requests that the embedder would refuse again. */
export type Breaker = {
  /** `go`; `try`: as the only probe; `wait` while a probe is in flight; or the fault that a request would meet. */
  check(): Decision;
  /**
   * Counts a request as sent; the returned function reports its result. Transient faults and those of one record change
   * nothing.
   */
  recordRequest(): (fault: Fault | undefined) => void;
  halfOpen(): void;
  /** Takes over the state that another process left: the first request is a probe. */
  load(): Promise<void>;
  saved(): Promise<void>;
};

type Decision = "go" | "try" | "wait" | Fault;

type BreakerDeps = {
  state: StateStore;
  clock: Pick<Clock, "now">;
  /** Monotonic milliseconds. */
  now: () => number;
  events: Pick<Events, "breakerOpened" | "breakerClosed">;
  /** Under which its state is kept. Default: `breaker`, the embedder's. */
  name?: string;
};

type Open = { fault: Fault; since: Date; probeAt: number; waitMs: number; probing: boolean };

/** A probe is allowed after this wait, which doubles with each probe that fails, and at the start of each cycle. */
const FIRST_WAIT_MS = 60_000;
const MAX_WAIT_MS = 10 * 60_000;
const EMBEDDER_BREAKER = "breaker";

export function createBreaker({
  state,
  clock,
  now,
  events,
  name = EMBEDDER_BREAKER,
}: BreakerDeps): Breaker {
  let open: Open | undefined;
  let saving: Promise<void> = Promise.resolve();
  const save = (document: unknown) => {
    saving = state.save(name, document);
  };
  const openFor = (fault: Fault) => {
    const before = open;
    const waitMs = before ? Math.min(before.waitMs * 2, MAX_WAIT_MS) : FIRST_WAIT_MS;
    const same = before?.fault.kind === fault.kind;
    const since = same ? before.since : new Date(clock.now());
    open = { fault, since, waitMs, probeAt: now() + waitMs, probing: false };
    if (!same) events.breakerOpened({ fault });
    save(documentOf(open));
  };
  const close = ({ since }: Open) => {
    open = undefined;
    events.breakerClosed({ since });
    save(null);
  };
  return {
    check() {
      if (!open) return "go";
      if (open.probing) return "wait";
      return open.probeAt > now() ? openFault(open) : "try";
    },
    recordRequest() {
      const tried = open;
      if (tried) tried.probing = true;
      return (fault) => {
        if (fault && FAULT_POLICIES[fault.kind].opensBreaker) {
          if (tried === open) openFor(fault);
        } else if (tried && tried === open) {
          tried.probing = false;
          if (!fault) close(tried);
        }
      };
    },
    halfOpen() {
      if (open) open.probeAt = now();
    },
    async load() {
      const left = readDocument(await state.load(name));
      if (!left || open) return;
      const { kind, message, since } = left;
      const fault = new Fault(kind, message, { hint: left.hint });
      open = {
        fault,
        since: new Date(since),
        waitMs: FIRST_WAIT_MS,
        probeAt: now(),
        probing: false,
      };
    },
    saved: () => saving,
  };
}

function openFault({ fault, since }: Open): Fault {
  const { kind, message } = fault;
  const meanwhile = `${message} (since ${since.toISOString()}; not asked again before the next probe)`;
  return new Fault(kind, meanwhile, { hint: hintOf(fault) });
}

function hintOf({ kind, hint }: Fault): string {
  return hint ?? FAULT_POLICIES[kind].advice;
}

export const openBreakerShape = z.object({
  kind: z.enum(["quota", "credentials", "configuration"]),
  message: z.string(),
  hint: z.string(),
  since: z.iso.datetime(),
});

/** Why the embedder refuses every request, as `status --json` prints it. */
export type OpenBreaker = z.infer<typeof openBreakerShape>;

function documentOf({ fault, since }: Open): { kind: FaultKind } & Omit<OpenBreaker, "kind"> {
  const { kind, message } = fault;
  return { kind, message, hint: hintOf(fault), since: since.toISOString() };
}

function readDocument(document: unknown): OpenBreaker | undefined {
  return openBreakerShape.safeParse(document).data;
}

/** The state that a process stored last; undefined where the breaker is closed. */
export async function readBreaker(
  state: Pick<StateStore, "load">,
): Promise<OpenBreaker | undefined> {
  return readDocument(await state.load(EMBEDDER_BREAKER));
}
