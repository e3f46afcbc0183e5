import { Writable } from "node:stream";

const LINE = Symbol.for("message");

type Event = { level: string; line: string; action: unknown };

export type QuietOutput = {
  /** Takes winston's events and plain lines. */
  stream: Writable;
  /** At the end of the run: prints the summary if anything failed. */
  conclude(failed: boolean): void;
};

/** Console of an unattended run: warnings and errors only. */
export function createQuietOutput(target: Pick<NodeJS.WritableStream, "write">): QuietOutput {
  let summary: string | undefined;
  let troubled = false;
  const print = (line: string) => void target.write(`${line}\n`);
  const take = ({ level, line, action }: Event) => {
    if (level === "warn" || level === "error") {
      troubled = true;
      print(line);
    } else if (action === "cycle-ended") {
      summary = line;
    }
  };
  return {
    stream: new Writable({
      objectMode: true,
      write(chunk: unknown, _encoding, done) {
        const read = eventIn(chunk);
        if (read) take(read);
        else target.write(String(chunk));
        done();
      },
    }),
    conclude(failed) {
      if ((failed || troubled) && summary !== undefined) print(summary);
    },
  };
}

function eventIn(chunk: unknown): Event | undefined {
  if (!isRecord(chunk)) return undefined;
  const { level, fields } = chunk;
  const line = chunk[LINE];
  if (typeof level !== "string" || typeof line !== "string") return undefined;
  return { level, line, action: isRecord(fields) ? fields["event.action"] : undefined };
}

function isRecord(value: unknown): value is Record<string | symbol, unknown> {
  return typeof value === "object" && value !== null;
}
