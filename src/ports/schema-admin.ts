import type { UnfitIndex } from "../domain/survey.ts";

/** One step of `init`. */
export type SetupStep = {
  /** A sentence for a person. */
  description: string;
  request: { method: "PUT"; path: string; body: Record<string, unknown> };
  /** It changes something that is not the project's own, and runs only with the user's consent. */
  onlyOnApply: boolean;
  /** The index concerned, where it is one. */
  index?: string;
};

export type SetupPlan = {
  steps: SetupStep[];
  /** What is in order already. */
  notes: string[];
  /** What cannot be done, with the consequence. */
  warnings: string[];
  unfit: UnfitIndex[];
  /** Indices whose vectors can only be searched exactly. */
  exactOnly: string[];
};

/** Prepares a log store for vectors. Every method throws a Fault. */
export type SchemaAdmin = {
  plan(signal: AbortSignal): Promise<SetupPlan>;
  run(step: SetupStep, signal: AbortSignal): Promise<void>;
};
