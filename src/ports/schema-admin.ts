import type { UnfitIndex } from "../domain/survey.ts";

/** One step of `init`. */
export type SetupStep = {
  /** Names the step among those of one plan: "mapping app_logs". */
  id: string;
  /** A sentence for a person. */
  description: string;
  /** The same as a person would do it: a curl command, a statement in SQL. */
  preview: string;
  /** It changes something that is not the project's own, and runs only with the user's consent. */
  needsConsent: boolean;
  /** The index concerned, where it is one. */
  index?: string;
  /** Throws a Fault. */
  apply(signal: AbortSignal): Promise<void>;
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

/** Prepares a store for vectors, now and in indices to come. Nothing changes before a step is applied. */
export type SchemaAdmin = {
  /** Throws a Fault. */
  plan(signal: AbortSignal): Promise<SetupPlan>;
};
