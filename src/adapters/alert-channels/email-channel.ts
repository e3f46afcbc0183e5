import type { ConnectionOptions } from "node:tls";
import { isIP } from "node:net";
import { createTransport } from "nodemailer";
import { Fault, type FaultKind } from "../../domain/faults.ts";
import type { AlertChannel } from "../../ports/alert-channel.ts";
import { presentable } from "../http/server-message.ts";

type EmailOptions = {
  /** `secure`: TLS from the first byte; `requireTls`: STARTTLS before anything else. */
  server: {
    host: string;
    port: number;
    secure: boolean;
    requireTls: boolean;
    auth?: { user: string; pass: string };
  };
  from: string;
  to: readonly string[];
  secrets: readonly string[];
  /** Default: the authorities that Node.js trusts. */
  tls?: ConnectionOptions;
};

const TIMEOUT_MS = 10_000;

/** Mails each message as plain text, over a new connection. */
export function createEmailChannel({ server, from, to, secrets, tls }: EmailOptions): AlertChannel {
  const { host, port, secure, requireTls, auth } = server;
  const transport = createTransport({
    host,
    port,
    secure,
    requireTLS: requireTls,
    ...(auth && { auth }),
    ...(tls && { tls }),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const at = `e-mail by ${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const partial = createPartialDeliveries(to);
  return {
    name: "email",
    async send({ id, at: date, subject, text }, signal) {
      const { waiting, refused } = partial.of(id);
      let refusals: readonly Refusal[];
      try {
        const { rejectedErrors = [] } = await transport.sendMail({
          from,
          to: [...to],
          envelope: { from, to: [...waiting] },
          subject: `log-vectorizer: ${subject}`,
          text,
          date: new Date(date),
          // A repeated message keeps its id, so mail programs show it once.
          messageId: `<${id}@log-vectorizer.alerts>`,
          headers: { "auto-submitted": "auto-generated" },
          signal,
        });
        refusals = [...refused, ...rejectedErrors];
      } catch (error) {
        throw faultOf(error, at, secrets, signal);
      }
      partial.sent(id, refusals);
      if (refusals.length > 0) throw refusedFault(refusals, at, secrets);
    },
  };
}

/** An address that the server refused, though it accepted others. */
type Refusal = { recipient?: string | undefined; responseCode?: number; message: string };

/** Recipients that still wait for a message, and those that were refused for good. */
type PartialDelivery = { waiting: readonly string[]; refused: readonly Refusal[] };

/** As many as alerts may wait. */
const MAX_PARTIAL = 50;

/** Messages delivered to some recipients only, so that a retry reaches the others alone. */
function createPartialDeliveries(recipients: readonly string[]) {
  const messages = new Map<string, PartialDelivery>();
  return {
    of: (id: string): PartialDelivery => messages.get(id) ?? { waiting: recipients, refused: [] },
    sent(id: string, refusals: readonly Refusal[]) {
      messages.delete(id);
      const waiting = refusals.filter(isForNow).flatMap(({ recipient }) => recipient ?? []);
      if (waiting.length === 0) return;
      messages.set(id, { waiting, refused: refusals.filter((one) => !isForNow(one)) });
      const [oldest] = messages.keys();
      if (messages.size > MAX_PARTIAL && oldest !== undefined) messages.delete(oldest);
    },
  };
}

/** 4xx: the server asks for a later retry. */
function isForNow({ responseCode: status = 0 }: Refusal): boolean {
  return status >= 400 && status < 500;
}

function refusedFault(refusals: readonly Refusal[], at: string, secrets: readonly string[]): Fault {
  const kind = refusals.some(isForNow) ? "outage" : "configuration";
  const lines = refusals.map(({ recipient = "?", message }) => `${recipient}: ${message}`);
  const shown = presentable(`refused for ${lines.join("; ")}`, { secrets, texts: [] });
  return new Fault(kind, `${at}: ${shown}`, { hint: "Check ALERT_EMAIL_TO." });
}

/** By nodemailer's codes: settings stay wrong, anything else may be transient. */
const KINDS: Readonly<Record<string, FaultKind>> = {
  EAUTH: "credentials",
  ENOAUTH: "credentials",
  EENVELOPE: "configuration",
  ETLS: "configuration",
  EREQUIRETLS: "configuration",
};

const HINTS: Partial<Record<FaultKind, string>> = {
  credentials: "Check the user and the password in ALERT_SMTP_URL.",
  configuration: "Check ALERT_SMTP_URL, ALERT_EMAIL_TO and ALERT_EMAIL_FROM.",
  outage: "Check the host and the port in ALERT_SMTP_URL.",
};

function faultOf(
  error: unknown,
  at: string,
  secrets: readonly string[],
  signal: AbortSignal,
): Fault {
  const { code, status, message } = partsOf(error);
  const passing = signal.aborted || isForNow({ responseCode: status, message });
  const kind = passing ? "outage" : (KINDS[code] ?? (status >= 500 ? "configuration" : "outage"));
  const reason = signal.aborted
    ? "no answer in time"
    : presentable(message, { secrets, texts: [] });
  const hint = HINTS[kind];
  return new Fault(kind, `${at}: ${reason}`, { cause: error, ...(hint && { hint }) });
}

function partsOf(error: unknown): { code: string; status: number; message: string } {
  if (!(error instanceof Error)) return { code: "", status: 0, message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const status = "responseCode" in error ? Number(error.responseCode) : 0;
  return { code, status, message: error.message };
}
