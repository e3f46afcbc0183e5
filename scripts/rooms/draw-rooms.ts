import type { Room } from "./rooms.ts";

/**
 * The rooms as a Mermaid flowchart. An arrow that follows from two others is left out: a room may import what those that it
 * imports import only where the table beside the picture says so.
 */
export function drawRooms(rooms: Readonly<Record<string, Room>>): string {
  const reached = (from: string): Set<string> => {
    const found = new Set<string>();
    for (const room of rooms[from]?.imports ?? []) {
      found.add(room);
      for (const further of reached(room)) found.add(further);
    }
    return found;
  };
  const arrows = Object.entries(rooms).flatMap(([name, { imports }]) =>
    imports
      .filter((room) => !imports.some((other) => other !== room && reached(other).has(room)))
      .map((room) => `  ${name} --> ${room}`),
  );
  return ["```mermaid", "flowchart TD", ...arrows, "```"].join("\n");
}
