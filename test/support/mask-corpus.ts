import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

const FOLDER = resolve(import.meta.dirname, "../fixtures/masks");
/** A line of the corpus: its text, and what of it must not be left after masking (none: nothing may change). */
type MaskCase = { file: string; line: number; text: string; secrets: string[] };

/**
 * The lines of the files that begin with `kind`. What is secret stands between ⟦ and ⟧; ⏎, ⇥ and ␛ are a newline, a tab and
 * an escape.
 */
export function readMaskCorpus(
  kind: "secrets" | "harmless" | "personal" | "impersonal",
): MaskCase[] {
  const files = readdirSync(FOLDER).filter((name) => name.startsWith(kind));
  return files.flatMap((file) =>
    readFileSync(resolve(FOLDER, file), "utf8")
      .split("\n")
      .map((written, i) => ({ file, line: i + 1, written }))
      .filter(({ written }) => written !== "" && !written.startsWith("# "))
      .map(({ written, ...at }) => {
        const text = unwritten(written);
        const secrets = [...text.matchAll(/⟦([^⟧]*)⟧/g)].map(([, secret = ""]) => secret);
        return { ...at, text: text.replaceAll(/[⟦⟧]/g, ""), secrets };
      }),
  );
}

function unwritten(text: string): string {
  return text.replaceAll("⏎", "\n").replaceAll("⇥", "\t").replaceAll("␛", "\u001b");
}
