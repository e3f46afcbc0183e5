import type { TestContext } from "node:test";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

type Mail = {
  from: string;
  to: string[];
  /** Who signed in; null: nobody. */
  user: string | null;
  secure: boolean;
  subject: string;
  head: string;
  /** Decoded. */
  text: string;
};

/** A mail server on loopback that keeps what it takes. */
export type MailServer = { port: number; mails: Mail[] };

type Options = Pick<SMTPServerOptions, "secure" | "key" | "cert" | "onRcptTo"> & {
  /** Only this user may send. */
  auth?: { user: string; pass: string };
  /** Default: not offered. */
  startTls?: boolean;
};

export async function startMailServer(
  t: Pick<TestContext, "after">,
  { auth, startTls = false, ...options }: Options = {},
): Promise<MailServer> {
  const mails: Mail[] = [];
  const hidden = startTls ? [] : ["STARTTLS"];
  const server = new SMTPServer({
    ...options,
    disabledCommands: auth ? hidden : [...hidden, "AUTH"],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    onAuth({ username, password }, _session, done) {
      if (username === auth?.user && password === auth?.pass) done(null, { user: username });
      else done(new Error("Invalid username or password"));
    },
    onData(stream, { envelope, user, secure }, done) {
      let raw = "";
      stream.setEncoding("utf8");
      stream.on("data", (chunk: string) => (raw += chunk));
      stream.on("end", () => {
        const [head = "", ...rest] = raw.split("\r\n\r\n");
        const unfolded = head.replaceAll(/\r\n[ \t]+/g, " ");
        mails.push({
          from: envelope.mailFrom === false ? "" : envelope.mailFrom.address,
          to: envelope.rcptTo.map(({ address: to }) => to),
          user: typeof user === "string" ? user : null,
          secure,
          subject: /^Subject: (.*)$/m.exec(unfolded)?.[1] ?? "",
          head: unfolded,
          text: decoded(rest.join("\r\n\r\n")),
        });
        done();
      });
    },
  });
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const address = server.server.address();
  return { port: typeof address === "object" && address !== null ? address.port : 0, mails };
}

/** Of quoted-printable (RFC 2045). */
function decoded(text: string): string {
  const bytes = text
    .replaceAll("=\r\n", "")
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8").replaceAll("\r\n", "\n");
}
