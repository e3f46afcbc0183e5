import { randomUUID } from "node:crypto";
import { z } from "zod";
import { noteShape, type Note, type Verdict } from "../../../domain/memory/note.ts";
import type { NoteMemory } from "../../../ports/error-memory.ts";
import type { Operation, OwnDocument, OwnIndex } from "./own-index.ts";
import { pageOf, readAll } from "./read-pages.ts";

const BY_TIME = { time: "at", id: "note" };
/** Of each verdict as a document: which note it is about. Its own id orders those of one moment. */
const VERDICTS_BY_TIME = { time: "at", id: "verdict_id" };

const storedNote = noteShape.omit({ id: true, verdicts: true });
const storedVerdict = noteShape.shape.verdicts.element.extend({ note: z.string() });

/** Notes and verdicts are documents of their own, created and never changed. */
export function createNoteMemory(index: OwnIndex): NoteMemory {
  const create = async (id: string, source: Record<string, unknown>, signal: AbortSignal) => {
    const operation: Operation = { op: "create", id, source };
    const [outcome] = await index.write([operation], "now", signal);
    // The id is random: a conflict is this very write, whose first answer was lost.
    if (outcome && typeof outcome !== "string") throw outcome;
  };
  const withVerdicts = async (notes: readonly Omit<Note, "verdicts">[], signal: AbortSignal) => {
    const verdicts = await verdictsOf(
      index,
      notes.map(({ id }) => id),
      signal,
    );
    return notes.map((note): Note => ({ ...note, verdicts: verdicts.get(note.id) ?? [] }));
  };
  return {
    add: ({ id, ...note }, signal) => create(id, { kind: "note", note: id, ...note }, signal),
    async addVerdict({ id, group }, verdict, signal) {
      const own = randomUUID();
      await create(own, { kind: "verdict", verdict_id: own, note: id, group, ...verdict }, signal);
    },
    async read(id, signal) {
      const document = (await index.read([id], {}, signal)).get(id);
      const note = document && noteIn(document);
      return note && (await withVerdicts([note], signal))[0];
    },
    async page({ limit, from, groups }, signal) {
      const filter = [
        { term: { kind: "note" } },
        ...(groups === undefined ? [] : [{ terms: { group: groups } }]),
      ];
      const page = { limit, ...(from === undefined ? {} : { from }), order: "desc" } as const;
      const query = { bool: { filter } };
      const found = await pageOf(index, { query, by: BY_TIME, parse: noteIn, page }, signal);
      return { ...found, items: await withVerdicts(found.items, signal) };
    },
  };
}

/** By note, newest first. */
async function verdictsOf(
  index: OwnIndex,
  notes: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, Verdict[]>> {
  const verdicts = new Map<string, Verdict[]>();
  if (notes.length === 0) return verdicts;
  const query = { bool: { filter: [{ term: { kind: "verdict" } }, { terms: { note: notes } }] } };
  const all = readAll(index, { query, by: VERDICTS_BY_TIME, size: 1000 }, signal);
  for await (const part of all) {
    for (const { source } of part) {
      const { data } = storedVerdict.safeParse(source);
      if (!data) continue;
      const { note, ...verdict } = data;
      verdicts.set(note, [verdict, ...(verdicts.get(note) ?? [])]);
    }
  }
  return verdicts;
}

function noteIn({ id, source }: OwnDocument): Omit<Note, "verdicts"> | undefined {
  if (source["kind"] !== "note") return undefined;
  const { data } = storedNote.safeParse(source);
  return data && { id, ...data };
}
