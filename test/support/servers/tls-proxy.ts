import { request as forward, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer } from "node:https";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generate } from "selfsigned";

export type Pem = { key: string; cert: string };

export type TestCertificates = {
  /** The authority that signed the others, and that nobody trusts by himself. */
  authority: Pem;
  /** For localhost. */
  server: Pem;
  /** For a host of another name. */
  elsewhere: Pem;
  client: Pem;
};

const SHORT_LIVED = { keyType: "ec", algorithm: "sha256" } as const;

/** A certificate authority of this test's own, with a server's and a client's certificate. */
export async function makeCertificates(): Promise<TestCertificates> {
  const authority = await sign("Test authority", {
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, critical: true },
    ],
  });
  const server = await signHost("localhost", authority);
  const elsewhere = await signHost("elsewhere.example", authority);
  const client = await sign("log-vectorizer", {
    ca: authority,
    extensions: [{ name: "extKeyUsage", clientAuth: true }],
  });
  return { authority, server, elsewhere, client };
}

function signHost(value: string, ca: Pem): Promise<Pem> {
  const altNames = [{ type: 2 as const, value }];
  return sign(value, { ca, extensions: [{ name: "subjectAltName", altNames }] });
}

type SignOptions = Pick<NonNullable<Parameters<typeof generate>[1]>, "ca" | "extensions">;

async function sign(commonName: string, options: SignOptions): Promise<Pem> {
  const attributes = [{ name: "commonName", value: commonName }];
  const { private: key, cert } = await generate(attributes, { ...SHORT_LIVED, ...options });
  return { key, cert };
}

/** Writes a certificate and its key as PEM files; their paths. */
export async function writePem(folder: string, name: string, pem: Pem) {
  const [certFile, keyFile] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  await writeFile(certFile, pem.cert);
  await writeFile(keyFile, pem.key);
  return { certFile, keyFile };
}

export type TlsProxy = AsyncDisposable & {
  port: number;
  /** What was let through, and what was refused for its user or password. */
  counts: { passed: number; refused: number };
};

type ProxyOptions = {
  target: string;
  certificates: TestCertificates;
  /** Shown to clients; default: the server's. */
  certificate?: Pem;
  /** Basic authentication, as the security plugin asks for it. */
  user?: { name: string; password: string };
  /** Nobody comes in without a certificate of the authority. */
  demandsClientCertificate?: boolean;
};

/** Puts TLS and basic authentication in front of a server that has neither. */
export async function startTlsProxy(options: ProxyOptions): Promise<TlsProxy> {
  const { target, certificates, user, demandsClientCertificate = false } = options;
  const { certificate = certificates.server } = options;
  const counts = { passed: 0, refused: 0 };
  const wanted = user && `Basic ${Buffer.from(`${user.name}:${user.password}`).toString("base64")}`;
  const server = createServer(
    {
      ...certificate,
      ca: certificates.authority.cert,
      requestCert: demandsClientCertificate,
      rejectUnauthorized: demandsClientCertificate,
    },
    (request, response) => {
      if (wanted !== undefined && request.headers.authorization !== wanted) {
        counts.refused += 1;
        response.writeHead(401, { "content-type": "text/plain" }).end("Unauthorized");
        return;
      }
      counts.passed += 1;
      pass(request, response, target);
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    counts,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function pass(request: IncomingMessage, response: ServerResponse, target: string): void {
  const { authorization: _, host: __, ...headers } = request.headers;
  const { method = "GET", url = "/" } = request;
  const onward = forward(new URL(url, target), { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => response.destroy());
  request.pipe(onward);
}
