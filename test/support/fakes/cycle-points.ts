import type { Hold, OpenSearchFaults, ProxiedRequest } from "../servers/open-search-faults.ts";

/** What stands before OpenSearch, and the same before the embedder. */
type Proxies = {
  openSearch: Pick<OpenSearchFaults, "hold">;
  embedder: Pick<OpenSearchFaults, "hold">;
};

type Request = Pick<ProxiedRequest, "line" | "body">;

export type Which = (request: Request) => boolean;

/** The requests of a cycle, told apart by what they say. */
const isSurvey = ({ line }: Request) => line.startsWith("GET /_resolve/");
const isMapping = ({ line }: Request) => /^GET \S*\/_mapping/.test(line);
const isQuery = ({ line, body }: Request) =>
  line.startsWith("POST /_msearch") && body.includes('"sort"');
export const isLook = ({ line, body }: Request) => line.startsWith("POST /_mget") && !isAlive(body);
/** Not the one that only asks whether updates are allowed. */
export const isBulk = ({ line, body }: Request) =>
  line.startsWith("POST /_bulk") && !body.includes("log-vectorizer-probe");
const isRefresh = ({ line }: Request) => /^POST \S*\/_refresh/.test(line);
const isEmbedding = ({ line }: Request) => line.startsWith("POST /v1/embeddings");

/** Asked right before a bulk request: whether the indices are still there. The same is asked before the query. */
export function beforeBulk(): Which {
  let looked = false;
  return (request) => {
    looked ||= isLook(request);
    return looked && request.line.startsWith("POST /_mget") && isAlive(request.body);
  };
}

function isAlive(body: string): boolean {
  return body.includes('"_id":"log-vectorizer"');
}

/** How many requests to the embedder the cycle needs; it is caught at the last of them, or at what follows it. */
export const REQUESTS = 3;
const last = { nth: REQUESTS };

/** Where a cycle can be caught, in their order; it stands still there until it is let go. */
export const CYCLE_POINTS = {
  "before the survey": ({ openSearch }) => openSearch.hold(isSurvey),
  "in the survey": ({ openSearch }) => openSearch.hold(isMapping, { at: "answer" }),
  "in the query": ({ openSearch }) => openSearch.hold(isQuery, { at: "answer" }),
  "between the query and the look": ({ openSearch }) => openSearch.hold(isLook),
  "in the look": ({ openSearch }) => openSearch.hold(isLook, { at: "answer" }),
  "before the embedder hears of it": ({ embedder }) => embedder.hold(isEmbedding, last),
  "while the embedder answers": ({ embedder }) =>
    embedder.hold(isEmbedding, { ...last, at: "answer" }),
  "between the embedder's answer and the bulk": ({ openSearch }) =>
    openSearch.hold(beforeBulk(), last),
  "in the bulk": ({ openSearch }) => openSearch.hold(isBulk, { ...last, at: "answer" }),
  "between the bulk and the refresh": ({ openSearch }) => openSearch.hold(isRefresh),
} satisfies Record<string, (proxies: Proxies) => Hold>;
