import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { drawRooms } from "../../../../scripts/rooms/draw-rooms.ts";
import { readImports } from "../../../../scripts/rooms/imports.ts";
import { ROOMS } from "../../../../scripts/rooms/rooms.ts";

const { rooms, loose } = await readImports(resolve(import.meta.dirname, "../../../.."));

test("nothing lies loose in src but main.ts", () => {
  assert.deepEqual(loose, ["src/main.ts"]);
});

test("every room of src stands in the table, and no other", () => {
  assert.deepEqual([...rooms.keys()].toSorted(), Object.keys(ROOMS).toSorted());
});

test("a room imports only what stands before it in the table", () => {
  const before = new Set<string>();
  for (const [name, { imports }] of Object.entries(ROOMS)) {
    for (const room of imports) assert.ok(before.has(room), `${name} imports ${room}`);
    before.add(name);
  }
});

for (const [name, { imports }] of Object.entries(ROOMS)) {
  test(`${name} imports what the table lets it import, and all of that`, () => {
    const found = rooms.get(name) ?? new Map<string, Set<string>>();
    const forbidden = [...found]
      .filter(([room]) => !imports.includes(room))
      .map(([room, files]) => `${room}: ${[...files].join(", ")}`);
    assert.deepEqual(forbidden, [], "move the file, or argue for a new wall in scripts/rooms");
    assert.deepEqual(
      imports.filter((room) => !found.has(room)),
      [],
      "no longer imported: take it out of the table",
    );
  });
}

test("an arrow that follows from two others is not drawn", () => {
  const room = (...from: string[]) => ({ holds: "", imports: from });
  const drawn = drawRooms({ a: room(), b: room("a"), c: room("a", "b") });
  assert.match(drawn, /b --> a/);
  assert.match(drawn, /c --> b/);
  assert.doesNotMatch(drawn, /c --> a/);
});
