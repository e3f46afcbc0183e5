import assert from "node:assert/strict";
import { test } from "node:test";
import { carriedNotes, type NotedAlike } from "../../../src/analysis/carried-notes.ts";
import type { Note } from "../../../src/domain/memory/note.ts";

const NOW = { service: "shop", exception: null };

function noteOf(
  id: string,
  day: number,
  ...verdicts: ("confirmed" | "wrong" | "outdated")[]
): Note {
  const at = (minutes: number) => new Date(Date.UTC(2026, 0, day, 0, minutes)).toISOString();
  return {
    id,
    group: "g",
    episode: null,
    cause: `cause ${id}`,
    fix: null,
    link: null,
    author: "kim",
    at: at(0),
    // Newest first, as they are kept.
    verdicts: verdicts.map((verdict, i) => ({ verdict, by: "lee", at: at(i + 1) })).toReversed(),
  };
}

function alikeOf(notes: Note[] | null, over: Partial<NotedAlike> = {}): NotedAlike {
  const words = { only_this: [], only_other: [] };
  const of = { group: "other", surely: false, cosine: 0.93, episodes: [] };
  return { ...NOW, ...of, ...words, notes, ...over };
}

function episodeOf(episode: string, day: number, hosts: string[], versions: string[]) {
  return { episode, from: new Date(Date.UTC(2026, 0, day)).toISOString(), hosts, versions };
}

const orderOf = (...alike: NotedAlike[]) => carriedNotes(NOW, alike, 9).map(({ id }) => id);

test("notes of alike groups come newest first, whichever group they are about", () => {
  const one = alikeOf([noteOf("c", 3), noteOf("a", 1)], { group: "one", surely: true });
  const other = alikeOf([noteOf("d", 4), noteOf("b", 2)], { group: "two" });
  assert.deepEqual(orderOf(one, other), ["d", "c", "b", "a"]);
  assert.equal(carriedNotes(NOW, [one, other], 1).length, 1);
});

test("a note that somebody said is wrong stands after its correction, and is marked", () => {
  const notes = [noteOf("later and wrong", 5, "wrong"), noteOf("correction", 4)];
  const outdated = noteOf("long ago", 1, "confirmed", "outdated");
  const again = noteOf("right after all", 2, "wrong", "confirmed");
  assert.deepEqual(
    carriedNotes(NOW, [alikeOf([...notes, outdated, again])], 9).map(({ id, mark }) => [id, mark]),
    [
      ["correction", null],
      ["right after all", null],
      ["later and wrong", "wrong"],
      ["long ago", "outdated"],
    ],
  );
});

test("a note says what is other this time than where it was written", () => {
  const alike = alikeOf([noteOf("n", 1)], {
    service: "pay",
    exception: "java.io.IOException",
    only_this: ["memory"],
    only_other: ["disk", "full"],
    episodes: [
      episodeOf("later", 2, ["db-2"], ["1.4"]),
      episodeOf("then", 1, ["db-1"], ["1.2", "1.3"]),
      episodeOf("before", 0, ["db-2"], ["1.4"]),
    ],
  });
  const here = { ...NOW, hosts: ["db-2"], versions: ["1.3"] };
  const [note] = carriedNotes(here, [alike], 9);
  assert.deepEqual(note?.differs, [
    { what: "service", now: "shop", before: "pay" },
    { what: "exception", now: null, before: "java.io.IOException" },
    { what: "words", now: "memory", before: "disk full" },
    { what: "host", now: "db-2", before: "db-1" },
  ]);
  const of = { ...noteOf("n", 1), episode: "before" };
  const [about] = carriedNotes(here, [{ ...alike, notes: [of] }], 9);
  assert.deepEqual(
    about?.differs.map(({ what }) => what),
    ["service", "exception", "words", "version"],
    "a note that names an episode is compared with that one",
  );
  const [unknown] = carriedNotes({ ...NOW, hosts: [] }, [{ ...alike, ...NOW }], 9);
  assert.deepEqual(
    unknown?.differs.map(({ what }) => what),
    ["words"],
    "a host that is not known differs from none",
  );
});
