import { glob, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { imagesIn, pinLines, type NamedImage } from "./image-lines.ts";
import { lookUpDigest, placeOf } from "./registry.ts";

/** Whatever names images that are pulled. */
const FILES = ["Dockerfile", "compose.yaml", "deploy/**/*.yaml"];
const OWN = "log-vectorizer";
/** Names that nobody can register, which stand where a user's own registry will. */
const PLACEHOLDER = /(?:^|\.)example\.(?:com|org|net)\//;

export type Pinned = {
  /** `NAME:TAG` and its digest. */
  digests: Map<string, string>;
  /** Files that are different now, from the folder. */
  changed: string[];
  /** `NAME:TAG`, and why it keeps its tag for good reasons. */
  left: Map<string, string>;
  /** `NAME:TAG`, and why no digest could be looked up. */
  failed: Map<string, string>;
};

/** Every file of a checkout that names images, from its folder, with its text. */
export async function filesWithImages(folder: string): Promise<Map<string, string>> {
  const names: string[] = [];
  for await (const name of glob(FILES, { cwd: folder })) {
    if (!name.includes("/templates/")) names.push(name);
  }
  const read = names
    .toSorted()
    .map(async (name): Promise<[string, string]> => [
      name,
      await readFile(join(folder, name), "utf8"),
    ]);
  return new Map(await Promise.all(read));
}

/** Why an image is never looked up; undefined where it is. */
export function whyLeft({ name }: NamedImage): string | undefined {
  if (name === OWN) return "is built here, or replaced by a kustomization";
  if (PLACEHOLDER.test(name)) return "is a placeholder for a registry of yours";
  return undefined;
}

/**
 * Writes the digest of each image of the checkout's files in place of its tag, which stays as a comment; an image that is
 * pinned gets the digest that its tag has now. An image that cannot be looked up stays as it is.
 */
export async function pinFiles(
  folder: string,
  { appVersion, hub }: { appVersion: string; hub?: string | undefined },
): Promise<Pinned> {
  const files = await filesWithImages(folder);
  const pinned: Pinned = { digests: new Map(), changed: [], left: new Map(), failed: new Map() };
  for (const [file, text] of files) {
    for (const image of imagesIn(file, text, appVersion)) {
      const key = keyOf(image);
      if (pinned.digests.has(key) || pinned.failed.has(key)) continue;
      const why = whyLeft(image);
      if (why === undefined) await lookUp(image, pinned, hub);
      else pinned.left.set(key, why);
    }
  }
  for (const [file, text] of files) {
    const now = pinLines(file, text, (image) => pinned.digests.get(keyOf(image)), appVersion);
    if (now === text) continue;
    await writeFile(join(folder, file), now);
    pinned.changed.push(file);
  }
  return pinned;
}

async function lookUp(image: NamedImage, { digests, failed }: Pinned, hub?: string) {
  const { name, tag } = image;
  if (tag === undefined) {
    failed.set(keyOf(image), "has no tag, so that nothing says which one is meant");
    return;
  }
  try {
    digests.set(keyOf(image), await lookUpDigest(placeOf(name, hub), tag));
  } catch (error) {
    failed.set(keyOf(image), error instanceof Error ? error.message : String(error));
  }
}

function keyOf({ name, tag }: NamedImage): string {
  return tag === undefined ? name : `${name}:${tag}`;
}
