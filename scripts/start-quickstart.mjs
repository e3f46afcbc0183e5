// Plain JavaScript that an old Node reads too: all else is loaded once the version is known to do.
const OLDEST_NODE = 20;

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  console.error(
    `The quickstart needs Node ${OLDEST_NODE} or later to install the rest; this is ${process.version}. See https://nodejs.org`,
  );
  process.exitCode = 2;
} else {
  // A closed pipe (`| head`) must not end this process in the middle: the trial stops by itself and cleans up.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  const { startQuickstart } = await import("./quickstart/start.mjs");
  process.exitCode = await startQuickstart(process.argv.slice(2));
}
