import { Writable } from "node:stream";

/** Under which winston keeps the line that it made of an event. */
const LINE = Symbol.for("message");

type Event = { level: string; line: string; action: unknown };

export type QuietOutput = {
  /** For the logger; it takes winston's events, and lines as they are. */
  stream: Writable;
  /** At the end of the run: its summary is printed unless all went well. */
  conclude(failed: boolean): void;
};

/** The console of a run that nobody watches: warnings and errors as they come, and nothing where there are none. */
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
