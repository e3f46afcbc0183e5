import { drawRooms } from "../rooms/draw-rooms.ts";
import { ROOMS } from "../rooms/rooms.ts";
import { markdownTable, type GeneratedBlock } from "./block.ts";

/** The picture of the rooms, and under it who may import whom. */
export const ROOMS_BLOCK: GeneratedBlock = {
  file: "ARCHITECTURE.md",
  name: "rooms",
  markdown: [
    drawRooms(ROOMS),
    "",
    markdownTable(
      ["room of `src`", "what it holds", "imports"],
      Object.entries(ROOMS).map(([name, { holds, imports }]) => [
        `\`${name}\``,
        holds,
        imports.length === 0 ? "nothing of ours" : imports.map((room) => `\`${room}\``).join(", "),
      ]),
    ),
  ].join("\n"),
};
