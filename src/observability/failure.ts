import { Fault } from "../model/faults.ts";
import type { LogFields } from "./logger.ts";

/** The message, and the hint where there is one; a stack only for what should never happen. */
export function sentence(error: unknown): string {
  if (error instanceof Fault)
    return error.hint ? `${error.message}. ${error.hint}` : `${error.message}.`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

export function errorFields(error: unknown): LogFields {
  const message = error instanceof Error ? error.message : String(error);
  return { "error.type": error instanceof Fault ? error.kind : "bug", "error.message": message };
}
