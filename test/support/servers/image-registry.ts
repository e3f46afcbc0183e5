import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { TestContext } from "node:test";

const INDEX = "application/vnd.oci.image.index.v1+json";

export type ImageRegistry = {
  url: string;
  host: string;
  /** Paths asked for, those of tokens too. */
  asked: string[];
  /** Puts an image of two platforms there; returns its digest. `what` makes it another one. */
  push(image: string, what?: string): string;
  /** Answers every later request in this way instead. */
  answer: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
};

/** A registry of images that gives manifests as Docker Hub does: whoever shows no token is told where to get one. */
export async function startImageRegistry(t: Pick<TestContext, "after">): Promise<ImageRegistry> {
  const manifests = new Map<string, string>();
  const tokens = new Map<string, string>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", registry.url);
    registry.asked.push(url.pathname);
    if (registry.answer) return registry.answer(request, response);
    if (url.pathname === "/token") return giveToken(url, response);
    const [, repository = "", tag = ""] =
      /^\/v2\/(.+)\/manifests\/([^/]+)$/.exec(url.pathname) ?? [];
    const scope = `repository:${repository}:pull`;
    const shown = (request.headers.authorization ?? "").replace("Bearer ", "");
    if (tokens.get(shown) !== scope) {
      const challenge = `Bearer realm="${registry.url}token",service="registry.test",scope="${scope}"`;
      response.writeHead(401, { "www-authenticate": challenge });
      return response.end("{}");
    }
    const manifest = manifests.get(`${repository}:${tag}`);
    const wantsIndex = (request.headers.accept ?? "").includes(INDEX);
    if (manifest === undefined || !wantsIndex) return response.writeHead(404).end("{}");
    response.writeHead(200, { "content-type": INDEX, "docker-content-digest": digest(manifest) });
    return response.end(manifest);
  });
  const giveToken = (url: URL, response: ServerResponse) => {
    if (url.searchParams.get("service") !== "registry.test") return response.writeHead(400).end();
    const token = randomUUID();
    tokens.set(token, url.searchParams.get("scope") ?? "");
    return response.end(JSON.stringify({ token, expires_in: 300 }));
  };
  const registry: ImageRegistry = {
    url: "",
    host: "",
    asked: [],
    answer: undefined,
    push(image, what = image) {
      const parts = ["amd64", "arm64"].map((architecture) => ({
        digest: digest(`${what} ${architecture}`),
        platform: { os: "linux", architecture },
      }));
      const manifest = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: parts });
      manifests.set(image, manifest);
      return digest(manifest);
    },
  };
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it listens at no port");
  registry.host = `127.0.0.1:${address.port}`;
  registry.url = `http://${registry.host}/`;
  return registry;
}

function digest(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
