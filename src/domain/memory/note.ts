import { z } from "zod";

export const VERDICTS = ["confirmed", "wrong", "outdated"] as const;

const verdictShape = z.object({
  verdict: z.enum(VERDICTS),
  by: z.string(),
  at: z.string().describe("ISO 8601, UTC."),
});
/** What somebody else says of a note. */
export type Verdict = z.infer<typeof verdictShape>;

/** What a person wrote about a group, with what others said of it since, newest first. */
export const noteShape = z.object({
  id: z.string(),
  group: z.string(),
  episode: z.string().nullable(),
  cause: z.string().nullable(),
  fix: z.string().nullable(),
  link: z.string().nullable(),
  author: z.string(),
  at: z.string().describe("ISO 8601, UTC."),
  verdicts: z.array(verdictShape).describe("What others said of it, newest first."),
});
export type Note = z.infer<typeof noteShape>;

/** What the newest word of others makes of a note; null: it is valid. */
export function markOf({ verdicts }: Pick<Note, "verdicts">): "wrong" | "outdated" | null {
  const said = verdicts[0]?.verdict;
  return said === undefined || said === "confirmed" ? null : said;
}

/** Characters. */
export const NOTE_LIMITS = { cause: 2000, fix: 4000, link: 2000, author: 100 } as const;

/** Why that cannot be a note, a sentence about the field; undefined where it can. */
export function noteProblem(
  note: Pick<Note, "cause" | "fix" | "link" | "author">,
): string | undefined {
  const { cause, fix, link } = note;
  if (cause === null && fix === null) return "A note needs a cause or a fix.";
  for (const [name, limit] of Object.entries(NOTE_LIMITS)) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of the limits are fields of a note
    const text = note[name as keyof typeof NOTE_LIMITS];
    if (text === null) continue;
    const problem = textProblem(name, text, limit);
    if (problem !== undefined) return problem;
  }
  return link === null ? undefined : linkProblem(link);
}

/** `name`: of the field. `limit`: characters. */
export function textProblem(name: string, text: string, limit: number): string | undefined {
  if (text.trim() === "") return `The ${name} is blank; leave it out or write one.`;
  const length = [...text].length;
  if (length <= limit) return undefined;
  return `The ${name} is ${length} characters long, and at most ${limit} are kept; shorten it, or put the rest behind the link.`;
}

function linkProblem(link: string): string | undefined {
  const url = URL.parse(link);
  if (!url || !/^https?:$/.test(url.protocol) || /[\p{Cc}\s]/u.test(link)) {
    return "The link is not an address that begins with http:// or https://.";
  }
  const isOpen = url.username === "" && url.password === "";
  return isOpen ? undefined : "The link contains a user or a password; leave them out.";
}
