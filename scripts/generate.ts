import { writeBlock, writeGenerated } from "./generated/block.ts";
import { BLOCKS, FILES } from "./generated/blocks.ts";

for (const block of BLOCKS) await writeBlock(block);
for (const file of FILES) await writeGenerated(file);
