import { FAULT_POLICIES } from "../model/fault-policy.ts";
import { Fault } from "../model/faults.ts";
import type { LogFields } from "./logger.ts";

/** The message and what to do about it; a stack only for what should never happen. */
export function sentence(error: unknown): string {
  if (error instanceof Fault) {
    return `${error.message}. ${error.hint ?? FAULT_POLICIES[error.kind].advice}`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

export function errorFields(error: unknown): LogFields {
  const message = error instanceof Error ? error.message : String(error);
  return { "error.type": error instanceof Fault ? error.kind : "bug", "error.message": message };
}
