/**
 * Quotes on a TD whose kernel has no configfs-tsm: a TDREPORT from /dev/tdx_guest and a quote for it from the host's
 * quoting service over vsock, both through the external helper (tdx.md 10.2, 10.3).
 */
import { parseQuote, readTdReport } from '../../protocol/attestation/index.ts';
import { Refusal, toHex, utf8 } from '../../protocol/bytes/index.ts';
import { nodeHashes } from '../hashes.ts';
import { checkHelper, type HelperRun, runHelper } from './guest-helper.ts';
import { type OwnMeasurements, readTdxReport, TD_REPORT_BYTES } from './guest-td-report.ts';
import { attestPort, decodeQuoteResponse, encodeQuoteRequest, frameLength } from './vsock-qgs.ts';

export interface VsockOptions {
  /** Absolute path of the helper. */
  readonly helper: string;
  /** The text of /etc/tdx-attest.conf; rejects where it cannot be read. */
  readonly configuration: () => Promise<string>;
  readonly run?: (path: string, run: HelperRun) => Promise<Uint8Array>;
}

export interface VsockPath {
  /** Null when a quote can be asked for, else what stands in the way, as the end of a sentence. */
  obstacle(): Promise<string | null>;
  quote(reportData: Uint8Array): Promise<Uint8Array>;
  /** What the TD says about itself. */
  measurements(): Promise<OwnMeasurements>;
}

const LARGEST_FRAME = 2 * 1024 * 1024;

/** Errors of the calls: `GUEST_NO_QUOTING_PATH`, `GUEST_BUSY`, `GUEST_DENIED`. */
export function createVsockPath({ helper, configuration, run = runHelper }: VsockOptions): VsockPath {
  const port = async (): Promise<number | null> => attestPort(await configuration().catch(() => ''));

  async function tdReport(reportData: Uint8Array): Promise<Uint8Array> {
    const bytes = await run(helper, {
      args: ['tdreport'],
      input: utf8(`${toHex(reportData)}\n`),
      maxOutput: TD_REPORT_BYTES,
    });
    // also a check that these are the bytes of a TDREPORT
    if (readTdxReport(bytes, nodeHashes).report.reportData !== toHex(reportData))
      throw new Refusal(
        'GUEST_NO_QUOTING_PATH',
        'The report of this TD is over other data than was asked for.',
      );
    return bytes;
  }

  return {
    async obstacle() {
      try {
        await checkHelper(helper);
      } catch (error) {
        if (error instanceof Refusal) return error.message.replace(/\.$/, '');
        throw error;
      }
      return (await port()) === null ? 'the configuration of Intel’s library names no port' : null;
    },
    async quote(reportData) {
      const service = await port();
      if (service === null)
        throw new Refusal('GUEST_NO_QUOTING_PATH', 'The configuration of Intel’s library names no port.');
      const frame = await run(helper, {
        args: ['vsock', String(service)],
        input: encodeQuoteRequest(await tdReport(reportData)),
        enough: (output) => output.length >= (frameLength(output) ?? Number.POSITIVE_INFINITY),
        maxOutput: LARGEST_FRAME,
      });
      const quote = decodeQuoteResponse(frame);
      const { body, bodyType } = parseQuote(quote);
      if (readTdReport(body, bodyType).reportData !== toHex(reportData))
        throw new Refusal(
          'GUEST_NO_QUOTING_PATH',
          'The quote of the host is over other data than was asked for.',
        );
      return quote;
    },
    measurements: async () => readTdxReport(await tdReport(new Uint8Array(64)), nodeHashes),
  };
}
