import { counted } from "./page/words.ts";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { fieldsOf, PAGE, takeForms } from "./bodies.ts";
import { addErrorPages } from "./errors-routes.ts";
import { addExplainPage } from "./explain-routes.ts";
import { createGlance } from "./glance.ts";
import { createLive } from "./live.ts";
import { renderPage } from "./page/document.ts";
import { renderPanels, type Panels } from "./page/panels.ts";
import type { MaybeView, View } from "./page/view.ts";
import type { HttpParts } from "./parts.ts";
import type { QuarantineFilter } from "../pipeline/quarantine/quarantined.ts";
import { Refused } from "./problem.ts";
import type { Presses } from "./presses.ts";
import { isSearch, openPageSearch } from "./page-search.ts";
import type { Session } from "./session.ts";
import type { SharedParts } from "./shared-parts.ts";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { QuarantineList } from "../pipeline/quarantine/quarantine-answer.ts";
import { Fault } from "../domain/faults.ts";
import { NEWEST } from "./page/quarantine-panel.ts";
import { createSharedAnswer } from "./shared-answer.ts";

/** After so long the page is shown with what is there. */
const PATIENCE_MS = 600;
const ACTS = { max: 30, timeWindow: "1 minute" };
const SEARCHES = { max: 240, timeWindow: "1 minute" };

type PageOptions = {
  parts: HttpParts;
  shared: SharedParts;
  session: Session | undefined;
  presses: Presses;
};

/** The page for people at `/`, what keeps it up to date, and what its buttons do. */
export async function addPage(
  app: FastifyInstance,
  { parts, shared, session, presses }: PageOptions,
): Promise<void> {
  const { clock, stop, events, startCycle, quarantine } = parts;
  const readView = createPageView(parts, shared);
  const glance = createGlance(readView, { patienceMs: PATIENCE_MS, clock });
  const search = openPageSearch(parts);
  const panelsOf = oncePerView();
  const live = createLive({
    async read() {
      const view = await readView();
      const shown = Object.entries(panelsOf(view)).map(([id, { html }]) => [id, html] as const);
      return { now: view.overview.now, parts: Object.fromEntries(shown) };
    },
    clock,
    stop,
    onBug: (error) => events.pageFailed({ error }),
  });
  const schema = { hide: true };
  await addAssets(app);
  // To look costs nothing; to search may.
  const searches = app.createRateLimit(SEARCHES);
  app.get("/", { schema }, async (request, reply) => {
    const given = queryOf(request);
    if (isSearch(given)) await refuseTooMany(searches, request);
    const [view, found] = await Promise.all([
      glance.soon(),
      search(given, { pressed: presses.isPressed(request, given), reply }),
    ]);
    const word = view?.overview.state.word;
    const page = renderPage({
      panels: panelsOf(view),
      search: { ...found, press: presses.keyFor(request) },
      word: word && word.charAt(0).toUpperCase() + word.slice(1),
      said: didWords(given),
      signedIn: session !== undefined,
    });
    return reply.type(PAGE).send(page);
  });
  await addErrorPages(app, { parts, presses, signedIn: session !== undefined });
  await addExplainPage(app, { parts, signedIn: session !== undefined });
  // An answer to HEAD would be a stream without a reader.
  app.get("/events", { schema, exposeHeadRoute: false }, async ({ sessionId }, reply) => {
    // After a sign-out no window of that session gets updates.
    const stream = live.join(
      session && sessionId !== undefined ? () => session.isOpen(sessionId) : undefined,
    );
    if (!stream) {
      throw new Refused(503, "Too many look at this page already.", { retryAfter: 10 });
    }
    return reply
      .type("text/event-stream; charset=utf-8")
      .header("x-accel-buffering", "no")
      .send(stream);
  });
  await app.register(async (scope) => {
    takeForms(scope);
    scope.post("/do/cycle", { schema, config: { rateLimit: ACTS } }, async (request, reply) =>
      ledBack(request, reply, { did: startCycle?.() ?? "nowhere" }),
    );
    scope.post("/do/retry", { schema, config: { rateLimit: ACTS } }, async (request, reply) => {
      const fields = fieldsOf(request);
      const changed = await quarantine.retry(chosenIn(fields), stop);
      return ledBack(request, reply, { did: "retried", n: String(changed.changed) });
    });
  });
}

/** Which records a button is for. */
function chosenIn(fields: URLSearchParams): QuarantineFilter {
  const [index, id, error] = [fields.get("index"), fields.get("id"), fields.get("error")];
  if (index && id) return { index, id };
  if (error) return { error };
  if (fields.get("all") === "true") return {};
  throw new Refused(400, "body: it needs index and id, or an error, or all.");
}

/** Back to the page with a word about it; a script gets the word alone. */
function ledBack({ headers }: FastifyRequest, reply: FastifyReply, what: Did): FastifyReply {
  if (headers.accept === "application/json") {
    return reply.type("application/json").send(JSON.stringify({ said: didWords(what) }));
  }
  return reply.redirect(`/?${new URLSearchParams(what).toString()}`, 303);
}

/** The same view is shown to many. */
function oncePerView(): (view: MaybeView) => Panels {
  const rendered = new WeakMap<object, Panels>();
  return (view) => {
    const known = view && rendered.get(view);
    if (known) return known;
    const panels = renderPanels(view);
    if (view) rendered.set(view, panels);
    return panels;
  };
}

function queryOf({ url }: FastifyRequest): Record<string, string> {
  const given = new URL(url, "http://x").searchParams;
  return Object.fromEntries([...given].filter(([, value]) => value.trim() !== ""));
}

async function refuseTooMany(
  limit: ReturnType<FastifyInstance["createRateLimit"]>,
  request: FastifyRequest,
): Promise<void> {
  const use = await limit(request);
  if (use.isAllowed || !use.isExceeded) return;
  const { ttlInSeconds: seconds } = use;
  throw new Refused(429, `Too many searches; again in ${seconds} s.`, { retryAfter: seconds });
}

const OWN = join(import.meta.dirname, "page/assets");
const UPLOT = dirname(fileURLToPath(import.meta.resolve("uplot")));
const OF_UPLOT = new Set(["/uPlot.esm.js", "/uPlot.min.css"]);

/** Style sheets and scripts of the page: nothing of them is secret, and the sign-in form needs them too. */
async function addAssets(app: FastifyInstance): Promise<void> {
  await app.register(async (scope) => {
    scope.addHook("onRoute", (route) => {
      route.config = { ...route.config, open: true };
    });
    // Revalidated each time, and sent only where it has changed: a new version is seen at once.
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

/** To list it, all of it is read: seldom is enough. */
const QUARANTINE_MAX_AGE_MS = 10_000;

/** What the page shows; read once for all who look. */
function createPageView(
  { quarantine, stop, clock }: HttpParts,
  { overview }: Pick<SharedParts, "overview">,
): () => Promise<View> {
  let known: { total: number; read: () => Promise<QuarantineList | Fault> } | undefined;
  const list = (total: number) => {
    // Another number is another list.
    if (known?.total !== total) {
      const read = async () => {
        try {
          return await quarantine.list({ filter: {}, limit: NEWEST }, stop.everything);
        } catch (error) {
          if (error instanceof Fault) return error;
          throw error;
        }
      };
      known = { total, read: createSharedAnswer(read, { maxAgeMs: QUARANTINE_MAX_AGE_MS, clock }) };
    }
    return known.read();
  };
  let view: View | undefined;
  return async () => {
    const now = await overview();
    if (view?.overview === now) return view;
    const total = now.coverage?.total.quarantined ?? 0;
    const listed = total === 0 ? undefined : await list(total);
    view = {
      overview: now,
      quarantine: listed instanceof Fault ? undefined : listed,
      quarantineProblem: listed instanceof Fault ? listed.message : undefined,
    };
    return view;
  };
}

/** What was done, as it stands in the address that the page is led back to. */
type Did = { did: string; n?: string };

const WORDS: Readonly<Record<string, string>> = {
  started: "A cycle has started.",
  running: "A cycle is running already.",
  stopping: "This process is about to end.",
  nowhere: "This process runs no cycles; the daemon does.",
};

/** What is said about it; undefined where there is nothing to say. */
function didWords({ did, n }: Readonly<Record<string, string>> | Did): string | undefined {
  if (did === undefined) return undefined;
  if (did !== "retried") return Object.hasOwn(WORDS, did) ? WORDS[did] : undefined;
  if (n === undefined || !/^\d{1,9}$/.test(n)) return undefined;
  if (n === "0") return "No such record was in quarantine any more.";
  return `${counted(Number(n), "record")} will be tried again in the next cycle.`;
}
