import { counted } from "./words.ts";

/** What was done, as it stands in the address that the page is led back to. */
export type Did = { did: string; n?: string };

const WORDS: Readonly<Record<string, string>> = {
  started: "A cycle has started.",
  running: "A cycle is running already.",
  stopping: "This process is about to end.",
  nowhere: "This process runs no cycles; the daemon does.",
};

/** What is said about it; undefined where there is nothing to say. */
export function didWords({ did, n }: Readonly<Record<string, string>> | Did): string | undefined {
  if (did === undefined) return undefined;
  if (did !== "retried") return Object.hasOwn(WORDS, did) ? WORDS[did] : undefined;
  if (n === undefined || !/^\d{1,9}$/.test(n)) return undefined;
  if (n === "0") return "No such record was in quarantine any more.";
  return `${counted(Number(n), "record")} will be tried again in the next cycle.`;
}
