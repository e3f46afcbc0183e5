// Plain JavaScript: it asks before Node 24 is installed.
import { once } from "node:events";
import { createInterface } from "node:readline";

/**
 * Whether the answer is yes. An end of the input is a no.
 *
 * @param {string} question
 * @param {{ stdin: NodeJS.ReadableStream, stdout: NodeJS.WritableStream }} terminal
 * @returns {Promise<boolean>}
 */
export async function ask(question, { stdin, stdout }) {
  stdout.write(question);
  // Without `terminal` Ctrl-C ends the process, as everywhere else.
  const lines = createInterface({ input: stdin, terminal: false });
  const [answer = ""] = await Promise.race([once(lines, "line"), once(lines, "close")]);
  lines.close();
  return /^\s*y(es)?\s*$/i.test(String(answer));
}
