// Plain JavaScript: it runs before Node 24 is there.
import { statSync } from "node:fs";
import { join } from "node:path";

/**
 * Whether node_modules is there, and not older than package-lock.json.
 *
 * @param {string} checkout
 */
export function dependenciesAreCurrent(checkout) {
  const modifiedMs = (/** @type {string[]} */ ...path) =>
    statSync(join(checkout, ...path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  // npm writes this file at the end of a successful install.
  const installedMs = modifiedMs("node_modules", ".package-lock.json");
  return installedMs > 0 && installedMs >= modifiedMs("package-lock.json");
}
