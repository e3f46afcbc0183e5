import { EXIT_MEANINGS } from "../../src/cli/exit-code.ts";
import { markdownTable, type GeneratedBlock } from "./block.ts";

export const EXIT_CODES_BLOCK: GeneratedBlock = {
  file: "docs/reference/exit-codes.md",
  name: "exit-codes",
  markdown: markdownTable(
    ["code", "meaning"],
    Object.entries(EXIT_MEANINGS).map(([code, meaning]) => [code, meaning]),
  ),
};
