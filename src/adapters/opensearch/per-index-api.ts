import { z } from "zod";
import { Fault } from "../../domain/faults.ts";
import { nameChunks, type Api, type Request } from "./api.ts";
import type { Bounded } from "./bounded-answers.ts";
import type { ClusterFeatures } from "./cluster-features.ts";

/** The refusal by a node with `rest.action.multi.allow_explicit_index: false`. */
const REFUSAL = /explicit index in (bulk|multi get|multi search) is not allowed/;

/** Bytes of index names in a URL of at most 4 KB. */
const MAX_NAME_BYTES = 3000;

/**
 * The API for clusters that refuse index names in request bodies: each request is split by index (a search by group),
 * with the names in the URL, and the answers are merged.
 */
export function perIndexApi(api: Api, features: ClusterFeatures): Api {
  return {
    ...api,
    async send(request, answer, signal) {
      const split = SPLITS[request.path];
      if (!split) return api.send(request, answer, signal);
      if (features.explicitIndex) {
        try {
          return await api.send(request, answer, signal);
        } catch (error) {
          if (!(error instanceof Fault) || !REFUSAL.test(error.message)) throw error;
          // The refused request had no effect.
          features.explicitIndex = false;
        }
      }
      return answer.parse(await split(api, request, signal));
    },
  };
}

/** Whether these names fit into one URL. */
export function fitsOneUrl(names: readonly string[]): boolean {
  return nameChunks(names, MAX_NAME_BYTES).length <= 1;
}

type Split = (api: Api, request: Request, signal: AbortSignal) => Promise<unknown>;

const SPLITS: Record<string, Split> = {
  "/_bulk": splitBulk,
  "/_mget": splitMget,
  "/_msearch": splitMsearch,
};

const looseObject = z.record(z.string(), z.unknown());
const itemsShape = z.object({ took: z.number().optional(), items: z.array(z.unknown()) });
const docsShape = z.object({ docs: z.array(z.unknown()) });
const responsesShape = z.object({ responses: z.array(z.unknown()) });

/** Sends each pair of lines to its index; `took` is the sum. */
async function splitBulk(api: Api, request: Request, signal: AbortSignal): Promise<unknown> {
  const lines = linesOf(request);
  const pairs = lines.flatMap((line, at) => {
    if (at % 2 === 1) return [];
    const [entry] = Object.entries(looseObject.parse(JSON.parse(line)));
    const [action = "", named] = entry ?? [];
    const { _index: index, ...rest } = looseObject.parse(named);
    return [
      { index: String(index), text: `${JSON.stringify({ [action]: rest })}\n${lines[at + 1]}\n` },
    ];
  });
  let took = 0;
  const items = await perIndex(pairs, async (index, own) => {
    const sent = { ...request, path: `/${encodeURIComponent(index)}/_bulk` };
    const body = { ...sent, lines: own.map(({ text }) => text).join("") };
    const answer = await api.send(body, itemsShape, signal);
    took += answer.took ?? 0;
    return answer.items;
  });
  return { took, items };
}

async function splitMget(api: Api, request: Request, signal: AbortSignal): Promise<unknown> {
  const docs = z.array(looseObject).parse(request.body?.["docs"]);
  const asked = docs.map(({ _index: index, ...doc }) => ({ index: String(index), doc }));
  return {
    docs: await perIndex(asked, async (index, own) => {
      const path = `/${encodeURIComponent(index)}/_mget`;
      const body = { docs: own.map(({ doc }) => doc) };
      const within = shareOf(request, own.length / docs.length);
      try {
        return (await api.send({ ...request, path, body, ...within }, docsShape, signal)).docs;
      } catch (error) {
        const gone = error instanceof Fault && error.message.includes(GONE);
        if (!gone) throw error;
        // In a joint request this would be one document's error.
        return own.map(() => ({ error: { type: GONE } }));
      }
    }),
  };
}

const GONE = "index_not_found_exception";

async function splitMsearch(api: Api, request: Request, signal: AbortSignal): Promise<unknown> {
  const lines = linesOf(request);
  const responses: unknown[] = [];
  for (let at = 0; at < lines.length; at += 2) {
    const header = looseObject.parse(JSON.parse(lines[at] ?? "{}"));
    const { index, ...rest } = header;
    const [names = ""] = nameChunks(z.array(z.string()).parse(index), Infinity);
    const sent = { ...request, path: `/${names}/_msearch` };
    const within = shareOf(request, 2 / lines.length);
    const one = { ...sent, ...within, lines: `${JSON.stringify(rest)}\n${lines[at + 1]}\n` };
    responses.push(...(await api.send(one, responsesShape, signal)).responses);
  }
  return { responses };
}

/** Splits the byte limit among the requests. */
function shareOf({ maxAnswerBytes }: Request, share: number): Bounded {
  if (maxAnswerBytes === undefined) return {};
  return { maxAnswerBytes: Math.ceil(maxAnswerBytes * share) };
}

/** One request per index; answers in the order of the items. */
async function perIndex<T extends { index: string }>(
  asked: readonly T[],
  ask: (index: string, own: readonly T[]) => Promise<readonly unknown[]>,
): Promise<unknown[]> {
  const answers: unknown[] = Array.from(asked, () => undefined);
  for (const index of new Set(asked.map((one) => one.index))) {
    const positions = asked.flatMap((one, at) => (one.index === index ? [at] : []));
    const own = positions.flatMap((at) => asked[at] ?? []);
    const answered = await ask(index, own);
    positions.forEach((at, i) => (answers[at] = answered[i]));
  }
  return answers;
}

function linesOf({ lines = "" }: Request): string[] {
  return lines.toString().trimEnd().split("\n");
}
