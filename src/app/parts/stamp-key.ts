import { ConfigError } from "../../config/problems.ts";
import type { Config } from "../../config/config.ts";
import { createSigner, type Signer } from "../../pipeline/signer.ts";
import { textVersion } from "../../pipeline/text.ts";
import type { Logger } from "../../telemetry/logger.ts";

/** Signs with STAMP_KEY or with the key in the state directory, which is made on first use. Throws a ConfigError. */
export async function openSigner(config: Config, logger: Logger): Promise<Signer> {
  return signerWith(config.stampKey ?? (await keptStampKey(config.stateDir, logger)), config);
}

/** The public id of that key; undefined where none was made yet. */
export async function readKeyId(config: Config): Promise<string | undefined> {
  const { readStampKey } = await import("../../adapters/state-directory/stamp-key.ts");
  const secret = config.stampKey ?? (await readStampKey(config.stateDir));
  return secret === undefined ? undefined : signerWith(secret, config).key;
}

function signerWith(secret: string, { inForce, logs }: Config): Signer {
  return createSigner({ secret, textVersion: textVersion(inForce.text, logs.messageFields) });
}

async function keptStampKey(path: string, logger: Logger): Promise<string> {
  const { openStampKey } = await import("../../adapters/state-directory/stamp-key.ts");
  try {
    return await openStampKey(path, (problem) =>
      logger.log(
        "warn",
        `State directory ${path} takes no stamp.key (${problem}). Vectors are written and searched, but other processes ` +
          "cannot tell them from forged ones, and pay for equal texts again. Set STAMP_KEY, or STATE_DIR to a folder that can be written.",
        { "event.action": "stamp-key-unkept" },
      ),
    );
  } catch (error) {
    throw new ConfigError([], [error instanceof Error ? error.message : String(error)]);
  }
}
