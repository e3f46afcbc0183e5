import { count } from "../domain/count.ts";
import type { ErrorMemory, OwnIndexState } from "../ports/error-memory.ts";
import type { Check } from "./check-report.ts";

export type CheckedMemory = {
  memory: Pick<ErrorMemory, "states">;
  /** By the settings, `init` makes its indices. */
  isWanted: boolean;
};

/** How the indices of the memory of errors are. Nothing that is wrong with them stops an embedding. */
export async function checkMemory(
  { memory, isWanted }: CheckedMemory,
  signal: AbortSignal,
): Promise<Omit<Check, "name">> {
  const states = await memory.states(signal);
  const unusable = states.flatMap((one) => (one.state === "unusable" ? one.fault : []));
  const absent = states.filter(({ state }) => state === "absent");
  const outdated = states.filter((one) => one.state === "usable" && one.outdated);
  if (absent.length === states.length && !isWanted) {
    return {
      result: "ok",
      detail:
        "none: groups, episodes and notes are not kept; log-vectorizer init --memory makes their indices",
    };
  }
  const problems = [
    ...unusable.map(({ message }) => message),
    ...absent.map(({ index }) => `${index} is not there`),
    ...outdated.map(({ index }) => `${index} lacks fields of this release`),
  ];
  const hints = new Set([
    ...unusable.flatMap(({ hint }) => hint ?? []),
    ...(absent.length + outdated.length > 0 ? [MAKE] : []),
  ]);
  if (problems.length === 0) return { result: "ok", detail: kept(states) };
  return {
    result: "warning",
    detail: `${problems.join("; ")}. Logs get their vectors all the same`,
    hint: [...hints].join(" "),
  };
}

const MAKE = "log-vectorizer init --memory makes what is missing.";

function kept(states: readonly OwnIndexState[]): string {
  const documents = states.map((one) => (one.state === "usable" ? one.documents : 0));
  const [groups = 0, episodes = 0, notes = 0] = documents;
  return [count(groups, "group"), count(episodes, "episode"), count(notes, "note")].join(", ");
}
