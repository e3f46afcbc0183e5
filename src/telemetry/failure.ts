import { FAULT_POLICIES } from "../domain/fault-policy.ts";
import { Fault } from "../domain/faults.ts";
import type { LogFields } from "./logger.ts";

/** The message with its advice; a stack trace only for a bug. */
export function sentence(error: unknown): string {
  if (error instanceof Fault) {
    const todo = error.hint ?? FAULT_POLICIES[error.kind].advice;
    return `${withStop(error.message)} ${withStop(todo)}`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

export function withStop(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

export function errorFields(error: unknown): LogFields {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Fault) return { "error.type": error.kind, "error.message": message };
  const stack = error instanceof Error ? error.stack : undefined;
  return {
    "error.type": "bug",
    "error.message": message,
    ...(stack === undefined ? {} : { "error.stack_trace": stack }),
  };
}
