import { createHash } from "node:crypto";
import { z } from "zod";

const HUB = "https://registry-1.docker.io";
const REQUEST_TIMEOUT_MS = 30_000;
/** What the specification lets a manifest have. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
/** All platforms before one. */
const MANIFEST_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

const manifestShape = z.union([
  z.object({ schemaVersion: z.literal(2), manifests: z.array(z.object({ digest: z.string() })) }),
  z.object({ schemaVersion: z.literal(2), config: z.object({ digest: z.string() }) }),
]);
const tokenShape = z.union([
  z.object({ token: z.string() }).transform(({ token }) => token),
  z.object({ access_token: z.string() }).transform((answer) => answer.access_token),
]);

export type Place = { registry: URL; repository: string };

/** Where an image is looked up. A name without a registry is Docker Hub's, or that of `hub`, a mirror of it. */
export function placeOf(name: string, hub = HUB): Place {
  const [first = "", ...rest] = name.split("/");
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  if (!isHost) {
    return { registry: new URL(hub), repository: rest.length > 0 ? name : `library/${name}` };
  }
  // As Docker does: TLS, save on this machine.
  const isLocal = /^(?:localhost|127\.0\.0\.1)(?::\d+)?$/.test(first);
  return {
    registry: new URL(`${isLocal ? "http" : "https"}://${first}`),
    repository: rest.join("/"),
  };
}

/**
 * The digest of what a tag stands for now, of all its platforms where there are several: the SHA-256 of the manifest that
 * the registry gives. Throws a sentence where there is none to be had, or where what came is no manifest.
 */
export async function lookUpDigest({ registry, repository }: Place, tag: string): Promise<string> {
  const url = new URL(`/v2/${repository}/manifests/${tag}`, registry);
  let answer = await ask(url, {});
  if (answer.status === 401) {
    const challenge = answer.headers.get("www-authenticate") ?? "";
    await answer.body?.cancel();
    const token = await fetchToken(challenge, registry);
    answer = await ask(url, { authorization: `Bearer ${token}` });
  }
  if (answer.status !== 200) {
    await answer.body?.cancel();
    throw new Error(`${registry.host} ${refusal(answer.status)}`);
  }
  const bytes = await readManifest(answer);
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const told = answer.headers.get("docker-content-digest") ?? digest;
  const [type = ""] = (answer.headers.get("content-type") ?? "").split(";");
  // A proxy's page of its own would have a digest too.
  if (!MANIFEST_TYPES.includes(type) || !isManifest(bytes)) {
    throw new Error(`${registry.host} answered with what is no manifest (${type || "no type"})`);
  }
  if (told !== digest) {
    throw new Error(
      `${registry.host} says that the digest is ${told}, but what it sent has ${digest}`,
    );
  }
  return digest;
}

async function ask(url: URL, headers: Record<string, string>): Promise<Response> {
  try {
    return await fetch(url, {
      headers: { accept: MANIFEST_TYPES.join(", "), ...headers },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
  } catch (error) {
    const { cause } = error instanceof Error ? error : {};
    const why = cause instanceof Error ? cause.message : String(error);
    throw new Error(`${url.host} cannot be reached: ${why}`, { cause: error });
  }
}

/** What everybody gets who asks, as Docker Hub wants it before a public image. Throws where a registry wants more. */
async function fetchToken(challenge: string, registry: URL): Promise<string> {
  const [, words] = /^Bearer (.*)$/is.exec(challenge) ?? [];
  if (words === undefined)
    throw new Error(`${registry.host} wants a sign-in, which is not done here`);
  const told = new Map(
    [...words.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [name, value]),
  );
  const realm = told.get("realm") ?? "";
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  if (!url || (url.protocol !== "https:" && registry.protocol === "https:")) {
    throw new Error(`${registry.host} names no safe place that gives tokens (${realm || "none"})`);
  }
  for (const name of ["service", "scope"]) {
    const value = told.get(name);
    if (value !== undefined) url.searchParams.set(name, value);
  }
  const answer = await ask(url, { accept: "application/json" });
  if (answer.status !== 200) {
    await answer.body?.cancel();
    throw new Error(
      `${url.host}, which gives tokens for ${registry.host}, ${refusal(answer.status)}`,
    );
  }
  const { data } = tokenShape.safeParse(await answer.json().catch(() => undefined));
  if (data === undefined) throw new Error(`${url.host} gave no token for ${registry.host}`);
  return data;
}

function refusal(status: number): string {
  if (status === 404) return "has no such image or tag (404)";
  if (status === 401 || status === 403)
    return `wants a sign-in, which is not done here (${status})`;
  if (status === 429) return "answers no more for now (429): try again later";
  return `answered ${status}`;
}

async function readManifest(answer: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of answer.body ?? []) {
    length += chunk.length;
    if (length > MAX_MANIFEST_BYTES) throw new Error("the manifest is longer than 4 MiB");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function isManifest(bytes: Buffer): boolean {
  try {
    return manifestShape.safeParse(JSON.parse(bytes.toString("utf8"))).success;
  } catch {
    return false;
  }
}
