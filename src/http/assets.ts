import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

const OWN = join(import.meta.dirname, "page/assets");
const UPLOT = dirname(fileURLToPath(import.meta.resolve("uplot")));
const OF_UPLOT = new Set(["/uPlot.esm.js", "/uPlot.min.css"]);

/** Style sheets and scripts of the page: nothing of them is secret, and the sign-in form needs them too. */
export async function addAssets(app: FastifyInstance): Promise<void> {
  await app.register(async (scope) => {
    scope.addHook("onRoute", (route) => {
      route.config = { ...route.config, open: true };
    });
    // Asked for anew each time, and sent only where it has changed: a new version is seen at once.
    const caching = { cacheControl: false, setHeaders: revalidate };
    await scope.register(fastifyStatic, { root: OWN, prefix: "/assets/", ...caching });
    await scope.register(fastifyStatic, {
      root: UPLOT,
      prefix: "/assets/uplot/",
      decorateReply: false,
      allowedPath: (path) => OF_UPLOT.has(path),
      ...caching,
    });
  });
}

function revalidate(reply: { header(name: string, value: string): unknown }): void {
  reply.header("cache-control", "no-cache");
}
