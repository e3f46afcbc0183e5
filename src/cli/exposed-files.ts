import { statSync, type Stats } from "node:fs";
import { join } from "node:path";

/** Warnings about files with secrets or state that other users may read or change. */
export function exposedFiles({
  envFile,
  stateDir,
}: {
  envFile: string;
  stateDir: string;
}): string[] {
  const stampKey = join(stateDir, "stamp.key");
  return [
    ...exposed(envFile, 0o026, "holds secrets", `chmod 600 ${envFile}`),
    ...exposed(stateDir, 0o027, "holds this service's state", `chmod 700 ${stateDir}`),
    ...exposed(stampKey, 0o077, "holds the key that signs stamps", `chmod 600 ${stampKey}`),
  ];
}

/** Undefined also where it cannot be read; opening the file reports why. */
function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function exposed(path: string, bits: number, what: string, command: string): string[] {
  const found = statsOf(path);
  if (!found || process.platform === "win32") return [];
  // Devices and pipes store nothing, and /dev/null is public.
  if (!found.isFile() && !found.isDirectory()) return [];
  const isOwn = found.uid === process.getuid?.();
  // A container's mounts belong to another user, and nobody else is there; a shared /tmp is different.
  if (!isOwn && (found.mode & 0o1000) === 0) return [];
  if ((found.mode & bits) === 0) return [];
  const todo = isOwn ? command : "name a folder of its own in STATE_DIR";
  return [`${path} ${what}, and other users of this machine may read or change it: ${todo}`];
}
