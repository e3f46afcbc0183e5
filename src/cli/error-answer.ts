import { CommanderError } from "commander";
import { ConfigError } from "../config/problems.ts";
import { Fault } from "../domain/faults.ts";
import { MemoryRefused } from "../memory/memory-refused.ts";
import { SearchRefused } from "../search/search-refused.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Stopped } from "./run-to-end.ts";
import type { UsageProblem } from "./usage-problem.ts";

/** `help` was asked about an unknown command. */
export class HelpRefused extends Error {
  readonly problem: UsageProblem;
  constructor(problem: UsageProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

type Explanation = { code: ExitCode; kind: string; message: string; hint?: string | undefined };

/** Any error as a message with what to do, and the exit code. `usage`: explains what commander refused. */
export function explain(
  error: unknown,
  usage: (error: CommanderError) => UsageProblem,
): Explanation {
  // A failed cleanup wraps the error that came before it.
  if (error instanceof SuppressedError) return explain(error.suppressed, usage);
  if (error instanceof CommanderError) {
    return { code: EXIT.usage, kind: "usage", ...usage(error) };
  }
  if (error instanceof HelpRefused) {
    return { code: EXIT.usage, kind: "usage", ...error.problem };
  }
  if (error instanceof ConfigError) {
    const hint = "See log-vectorizer --help, or docs/reference/settings.md.";
    return { code: EXIT.usage, kind: "configuration", message: error.message, hint };
  }
  if (error instanceof SearchRefused || error instanceof MemoryRefused) {
    const { code: kind, message, hint } = error;
    return { code: EXIT.usage, kind, message, hint };
  }
  if (error instanceof Stopped) {
    return { code: error.code, kind: "stopped", message: error.message };
  }
  if (error instanceof Fault) {
    const { kind, message, hint } = error;
    return { code: EXIT.unavailable, kind, message, hint };
  }
  // Only bugs show a stack.
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: EXIT.incomplete, kind: "bug", message: `Unexpected: ${message}` };
}
