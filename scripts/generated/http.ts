import { z } from "zod";
import { systemClock } from "../../src/adapters/process/system-clock.ts";
import { VERSION } from "../../src/app/version.ts";
import type { HttpParts } from "../../src/http/parts.ts";
import { buildServer } from "../../src/http/server.ts";
import { markdownTable, plain, type GeneratedBlock, type GeneratedFile } from "./block.ts";

const operation = z.looseObject({
  summary: z.string(),
  description: z.string().optional(),
  parameters: z.array(z.object({ name: z.string(), in: z.string() })).optional(),
  requestBody: z
    .object({
      content: z.object({ "application/json": z.object({ schema: z.unknown() }) }),
    })
    .optional(),
  responses: z.record(z.string(), z.unknown()),
});
type Operation = z.infer<typeof operation>;
const documentShape = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), operation)),
});

const schemaShape = z.looseObject({
  properties: z.record(z.string(), z.unknown()).optional(),
  anyOf: z.array(z.unknown()).optional(),
});

const api = await describeApi();

/** What the running process answers at /openapi.json. */
export const OPENAPI_FILE: GeneratedFile = {
  file: "docs/reference/openapi.json",
  text: `${JSON.stringify(api, null, 2)}\n`,
};

export const HTTP_BLOCK: GeneratedBlock = {
  file: "docs/reference/http.md",
  name: "http",
  markdown: markdownTable(
    ["route", "what it does", "takes", "answers"],
    Object.entries(documentShape.parse(api).paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, route]) => [
        `\`${method.toUpperCase()} ${path}\``,
        plain(aboutOf(route)),
        takenBy(route),
        Object.keys(route.responses).join(", "),
      ]),
    ),
  ),
};

function aboutOf({ summary, description }: Operation): string {
  return description === undefined ? summary : `${summary}. ${description}`;
}

/** The names of its parameters, and of the properties of its body. */
function takenBy({ parameters = [], requestBody }: Operation): string {
  const query = parameters.filter((each) => each.in === "query").map(({ name }) => `\`?${name}\``);
  const body = namesIn(requestBody?.content["application/json"].schema).map(
    (name) => `\`${name}\``,
  );
  return [...query, ...body].join(", ");
}

function namesIn(schema: unknown): string[] {
  const { success, data } = schemaShape.safeParse(schema);
  if (!success) return [];
  const names = [...Object.keys(data.properties ?? {}), ...(data.anyOf ?? []).flatMap(namesIn)];
  return [...new Set(names)];
}

/** Builds the server with a token and without anything behind it: no request is ever sent. */
async function describeApi(): Promise<unknown> {
  const unused = () => {
    throw new Error("Only the description of the API is asked for");
  };
  const { signal } = new AbortController();
  const parts: HttpParts = {
    version: VERSION,
    clock: systemClock,
    events: {
      httpStarted: unused,
      tokenGenerated: unused,
      httpUnavailable: unused,
      requestEnded: unused,
      pageFailed: unused,
    },
    state: { load: async () => undefined, change: unused },
    stop: { requested: signal, embedding: signal, everything: signal },
    readiness: unused,
    status: unused,
    overview: unused,
    metrics: unused,
    startCycle: unused,
    quarantine: { list: unused, count: unused, retry: unused },
    search: { search: unused, similar: unused, record: unused },
    explain: unused,
    mcp: { writesNotes: false, pageUrl: undefined },
    groups: {
      list: unused,
      show: unused,
      setState: unused,
      merge: unused,
      split: unused,
      episodes: unused,
      remember: unused,
    },
    compareStatistics: unused,
    notes: { add: unused, list: unused, judge: unused },
    embed: unused,
  };
  const token = "x".repeat(32);
  const app = await buildServer(parts, { token, corsOrigins: [], requestsPerMinute: 1 });
  try {
    await app.ready();
    return JSON.parse(JSON.stringify(app.swagger()));
  } finally {
    await app.close();
  }
}
