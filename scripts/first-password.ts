import { randomBytes } from "node:crypto";
import { chown, rename, rm, stat, writeFile } from "node:fs/promises";

const USAGE = `Usage: first-password.ts FILE UID

Writes a random password into FILE, which the user UID alone may read, unless one is there; PASSWORD is written instead
where it is set. compose.yaml runs it before Grafana, so that nobody's password is a known one.`;

/** Bytes. */
const LENGTH = 24;

async function isThere(file: string): Promise<boolean> {
  try {
    return (await stat(file)).size > 0;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}

async function main([file, uid, ...more]: readonly string[]): Promise<number> {
  if (!file || !/^\d+$/.test(uid ?? "") || more.length > 0) {
    console.error(USAGE);
    return 2;
  }
  const given = process.env["PASSWORD"] ?? "";
  if (given === "" && (await isThere(file))) {
    console.log(`${file} has a password; it stays.`);
    return 0;
  }
  // Under its name only when it is whole, and nobody else's to read.
  const unfinished = `${file}.new`;
  await rm(unfinished, { force: true });
  await writeFile(unfinished, given || randomBytes(LENGTH).toString("base64url"), { mode: 0o600 });
  await chown(unfinished, Number(uid), Number(uid));
  await rename(unfinished, file);
  console.log(given ? `${file} has the given password.` : `${file} has a new random password.`);
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
