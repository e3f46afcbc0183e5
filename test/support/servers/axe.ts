import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { z } from "zod";

const AXE = readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const axeShape = z.array(
  z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) }),
);

/** What is wrong for keyboards and screen readers; evaluated by the debugger, which the page's policy does not bind. */
export async function axeFinds(page: Page) {
  await page.evaluate(await AXE);
  const found: unknown = await page.evaluate("axe.run().then(({ violations }) => violations)");
  return axeShape.parse(found).map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}
