import type { SetupPlan } from "./schema-admin.ts";

/** What this configuration reads, and what it writes to. Every method throws a Fault. */
export type StreamSetup = {
  /** Whether it answers. */
  probe(signal: AbortSignal): Promise<void>;
  /** `detail`: what is there, or what is missing or wrong; `hint`: what to do. */
  check(signal: AbortSignal): Promise<{ ok: boolean; detail: string; hint?: string }>;
  /** What is missing and this service's own; a warning names what the log pipeline has to create. */
  plan(signal: AbortSignal): Promise<Pick<SetupPlan, "steps" | "notes" | "warnings">>;
};
