import type { UnfitIndex } from "../domain/survey.ts";

/** One thing that `init` does or proposes. */
export type SetupStep = {
  /** A sentence for a person. */
  description: string;
  request: { method: "PUT"; path: string; body: Record<string, unknown> };
  /** True where it changes what is not ours, and so is done only when asked for. */
  onlyOnApply: boolean;
  /** The one index that it is about, where it is about one. */
  index?: string;
};

export type SetupPlan = {
  steps: SetupStep[];
  /** What is in order already. */
  notes: string[];
  /** What cannot be done, and what follows from it. */
  warnings: string[];
  unfit: UnfitIndex[];
  /** Indices whose vectors can only be searched exactly. */
  exactOnly: string[];
};

/** Prepares a log store for vectors. Every method throws a Fault. */
export type StoreSetup = {
  plan(signal: AbortSignal): Promise<SetupPlan>;
  run(step: SetupStep, signal: AbortSignal): Promise<void>;
};
