import { createHash, randomUUID } from "node:crypto";
import { z } from "zod";
import { isoTime } from "../../../domain/iso-time.ts";
import { episodeShape, type Episode } from "../../../domain/memory/episode.ts";
import type { EpisodeMemory } from "../../../ports/error-memory.ts";
import { removeEach } from "./groups.ts";
import type { Operation, OwnDocument, OwnIndex } from "./own-index.ts";
import { ownFault } from "./own-index-faults.ts";
import { pageOf, readAll } from "./read-pages.ts";

/** How often a change is tried again where others were faster. */
const ROUNDS = 8;
const BY_FROM = { time: "from", id: "episode" };
const BY_EXPIRY = { time: "expires", id: "claim" };
/** Characters of a claim's key that are kept for a person to read. */
const MAX_KEY = 500;

const claimShape = z.object({ token: z.string(), expires: z.string() });

/** Episodes, and beside them the claims by which processes agree on who does a thing. */
export function createEpisodeMemory(index: OwnIndex): EpisodeMemory {
  const write = async (operation: Operation, signal: AbortSignal) => {
    const [outcome] = await index.write([operation], "soon", signal);
    if (outcome && typeof outcome !== "string") throw outcome;
    return outcome === "written";
  };
  const readOne = async (id: string, signal: AbortSignal) =>
    (await index.read([id], {}, signal)).get(id);
  return {
    async read(id, signal) {
      const document = await readOne(id, signal);
      return document && episodeIn(document);
    },
    async change(id, change, signal) {
      for (let round = 0; round < ROUNDS; round++) {
        const document = await readOne(id, signal);
        const current = document && episodeIn(document);
        const wanted = change(current);
        if (!wanted || wanted === current) return current;
        const source = { kind: "episode", ...wanted };
        const operation: Operation = document
          ? { op: "update", id, version: document.version, source }
          : { op: "create", id, source };
        if (await write(operation, signal)) return wanted;
      }
      throw ownFault("slow", index.name, `others change episode ${id} again and again`);
    },
    page({ limit, from, groups, ended }, signal) {
      const filter = [
        { term: { kind: "episode" } },
        ...(groups === undefined ? [] : [{ terms: { group: groups } }]),
        ...(ended === undefined ? [] : [{ term: { ended } }]),
      ];
      const page = { limit, ...(from === undefined ? {} : { from }), order: "desc" } as const;
      return pageOf(
        index,
        { query: { bool: { filter } }, by: BY_FROM, parse: episodeIn, page },
        signal,
      );
    },
    async claim(key, { now, expiresAt }, signal) {
      const id = `claim-${createHash("sha256").update(key).digest("hex")}`;
      // Tells a claim of our own, whose answer was lost, from another's.
      const token = randomUUID();
      const source = {
        kind: "claim",
        claim: id,
        key: key.slice(0, MAX_KEY),
        token,
        expires: isoTime(expiresAt),
      };
      if (await write({ op: "create", id, source }, signal)) return "won";
      const document = await readOne(id, signal);
      if (!document) return (await write({ op: "create", id, source }, signal)) ? "won" : "lost";
      const held = claimShape.safeParse(document.source).data;
      if (held?.token === token) return "won";
      if (held && Date.parse(held.expires) > now) return "lost";
      const { version } = document;
      return (await write({ op: "update", id, version, source }, signal)) ? "won" : "lost";
    },
    async removeExpiredClaims(now, signal) {
      const query = {
        bool: {
          filter: [{ term: { kind: "claim" } }, { range: { expires: { lte: isoTime(now) } } }],
        },
      };
      let removed = 0;
      for await (const part of readAll(index, { query, by: BY_EXPIRY, size: 500 }, signal)) {
        removed += (await removeEach(index, part, signal)).length;
      }
      return removed;
    },
  };
}

function episodeIn({ source }: OwnDocument): Episode | undefined {
  return episodeShape.safeParse(source).data;
}
