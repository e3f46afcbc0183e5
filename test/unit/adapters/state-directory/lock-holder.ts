import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { withFileLock } from "../../../../src/adapters/state-directory/file-lock.ts";

// A process of the lock's tests. `hold`: takes the lock, says so and keeps it. `count N`: adds one to the file `counter`
// N times; two at once would lose a count, and find the folder `inside` in their way.
const [path = "", what, times = "0"] = process.argv.slice(2);

async function count(): Promise<void> {
  mkdirSync(`${path}.inside`);
  const counted = Number(readFileSync(`${path}.counter`, "utf8"));
  await sleep(Math.random() * 3);
  writeFileSync(`${path}.counter`, String(counted + 1));
  rmdirSync(`${path}.inside`);
}

if (what === "hold") {
  await withFileLock(path, async () => {
    console.log("held");
    await sleep(600_000);
  });
} else {
  console.log("ready");
  for (let i = 0; i < Number(times); i++) await withFileLock(path, count);
}
