/**
 * GET for collateral services: bounded in bytes, headers, time and tries; through a proxy where one is named; with
 * the operator's own CA for a mirror that has a certificate of its own. Redirects are not followed, and there is
 * no way to turn the verification of certificates off.
 */
import { X509Certificate } from 'node:crypto';
import * as http from 'node:http';
import * as https from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { LARGEST_COLLATERAL } from '../../protocol/attestation/index.ts';
import { Refusal } from '../../protocol/bytes/index.ts';
import { reasonOf } from './quote-source.ts';

export interface CollateralHttpOptions {
  /** For one try, headers and body together, in milliseconds; default 10,000. */
  readonly timeoutMs?: number;
  /** For one answer with all its tries, in milliseconds; default 30,000. */
  readonly totalMs?: number;
  /** How often a 503 or a broken connection is tried, the first time included; default 3. */
  readonly tries?: number;
  /** Pause before the second try, in milliseconds; doubles with each further one. Default 500. */
  readonly pauseMs?: number;
  /** `http://[user:password@]host:port`, for HTTP and HTTPS alike; without it the service is asked directly. */
  readonly proxy?: string;
  /** PEM of the only CA that may vouch for `caOrigin`, instead of the public ones. */
  readonly ca?: string;
}

export interface CollateralAnswer {
  readonly url: string;
  readonly bytes: Uint8Array;
  readonly headers: http.IncomingHttpHeaders;
}

export type CollateralGet = (url: string) => Promise<CollateralAnswer>;

/** A signing chain of two certificates takes 3 KiB in a header. */
const LARGEST_HEADERS = 32 * 1024;

/** Refused for a reason that may be gone in a moment. */
class Passing extends Refusal {}

const settings = (message: string): Refusal => new Refusal('COLLATERAL_SETTINGS', message);

/** Errors: `COLLATERAL_SETTINGS`. */
export function readServiceAddress(text: string, what = 'The address of the service'): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw settings(`${what} must begin with https:// or http://.`);
  return url;
}

function readProxy(text: string): URL {
  // before 24.5 an agent passes over the setting and would ask directly, behind the operator's back
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 24 || (major === 24 && minor < 5))
    throw settings(`A proxy needs Node 24.5 or later; this is ${process.versions.node}.`);
  return readServiceAddress(text, 'The address of the proxy');
}

/** Errors: `COLLATERAL_SETTINGS` for a proxy that Node does not take, as one with a name that is not URL-encoded. */
function makeAgents(options: https.AgentOptions): [http.Agent, https.Agent] {
  try {
    return [new http.Agent(options), new https.Agent(options)];
  } catch (error) {
    throw settings(`The proxy cannot be used (${reasonOf(error)}).`);
  }
}

/** Mirrors often show a self-signed certificate, which is then its own CA. */
function checkCa(pem: string): string {
  try {
    void new X509Certificate(pem);
    return pem;
  } catch {
    throw settings('The CA of the service is not a certificate in PEM.');
  }
}

function refuseStatus(status: number, url: string, location: string | undefined): void {
  if (status === 200) return;
  const refuse = (code: string, message: string): never => {
    throw new Refusal(code, message, { status });
  };
  if (status >= 300 && status < 400)
    refuse(
      'COLLATERAL_SERVICE',
      `The service sends ${url} elsewhere (${status}${location === undefined ? '' : ` to ${location.slice(0, 200)}`}); redirects are not followed.`,
    );
  switch (status) {
    case 400:
      return refuse('COLLATERAL_SERVICE', `The service does not understand the request for ${url} (400).`);
    case 401:
    case 403:
      return refuse('COLLATERAL_SERVICE', `The service wants a key or a login for ${url} (${status}).`);
    case 404:
      return refuse('COLLATERAL_NOT_FOUND', `The service knows nothing under ${url} (404).`);
    case 407:
      return refuse('COLLATERAL_SERVICE', `The proxy wants a login for ${url} (407).`);
    case 410:
      return refuse('COLLATERAL_GONE', `The service no longer serves ${url} (410).`);
    case 500:
      return refuse('COLLATERAL_SERVICE', `The service failed at ${url} (500).`);
    case 503:
      throw new Passing('COLLATERAL_SERVICE', `The service cannot answer ${url} at the moment (503).`, {
        status,
      });
    default:
      return refuse('COLLATERAL_SERVICE', `The service answers ${status} to ${url}.`);
  }
}

/** Reads a body as far as the limit allows. Errors: `COLLATERAL_TOO_LARGE`, and those of the stream. */
async function readBody(answer: http.IncomingMessage, url: string): Promise<Uint8Array> {
  const tooLarge = (): Refusal =>
    new Refusal('COLLATERAL_TOO_LARGE', `${url} answers with more than ${LARGEST_COLLATERAL} bytes.`);
  if (Number(answer.headers['content-length'] ?? 0) > LARGEST_COLLATERAL) throw tooLarge();
  const parts: Uint8Array[] = [];
  let length = 0;
  // leaving the loop early destroys the connection
  for await (const part of answer as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > LARGEST_COLLATERAL) throw tooLarge();
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** What went wrong below HTTP, in words. Certificates and forms do not mend by asking again. */
function explain(error: unknown, url: string, timedOut: boolean, proxy: URL | undefined): Refusal {
  if (timedOut) return new Passing('COLLATERAL_UNREACHABLE', `${url} cannot be reached: no answer in time.`);
  const reason = reasonOf(error);
  if (reason.startsWith('HPE_HEADER_'))
    return new Refusal(
      'COLLATERAL_TOO_LARGE',
      `${url} answers with more than ${LARGEST_HEADERS} bytes of headers.`,
    );
  if (reason.startsWith('HPE_'))
    return new Refusal('COLLATERAL_FORMAT', `${url} does not answer in HTTP (${reason}).`);
  if (reason.startsWith('ERR_PROXY_')) {
    const status = (error as { statusCode?: unknown }).statusCode;
    return new Refusal(
      'COLLATERAL_UNREACHABLE',
      `${url} cannot be reached: the proxy ${proxy?.host ?? ''} opens no way to it${typeof status === 'number' ? ` (${status})` : ''}.`,
    );
  }
  const below = /^(?:CERT_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(reason)
    ? 'its certificate is not vouched for'
    : /^(?:ERR_SSL|ERR_TLS|EPROTO)/.test(reason)
      ? 'it does not answer in TLS'
      : null;
  if (below !== null)
    return new Refusal('COLLATERAL_UNREACHABLE', `${url} cannot be reached: ${below} (${reason}).`);
  return new Passing('COLLATERAL_UNREACHABLE', `${url} cannot be reached: ${reason}.`);
}

/**
 * Makes a GET for one service. `caOrigin` is the origin that `ca` is for. Errors: `COLLATERAL_SETTINGS` at once;
 * of the GET: `COLLATERAL_NOT_FOUND`, `COLLATERAL_GONE`, `COLLATERAL_SERVICE` (any other status; `status` in the
 * details), `COLLATERAL_UNREACHABLE` (network, certificate, proxy, time), `COLLATERAL_TOO_LARGE`,
 * `COLLATERAL_FORMAT`.
 */
export function createCollateralGet(caOrigin: string, options: CollateralHttpOptions = {}): CollateralGet {
  const { timeoutMs = 10_000, totalMs = 30_000, tries = 3, pauseMs = 500 } = options;
  const proxy = options.proxy === undefined ? undefined : readProxy(options.proxy);
  const ca = options.ca === undefined ? undefined : checkCa(options.ca);
  // a connection for each answer: there are four of them a day
  const agentOptions = {
    keepAlive: false,
    ...(proxy === undefined ? {} : { proxyEnv: { HTTP_PROXY: proxy.href, HTTPS_PROXY: proxy.href } }),
  };
  const [plain, secure] = makeAgents(agentOptions);

  async function once(url: URL, signal: AbortSignal): Promise<CollateralAnswer> {
    const common = { signal, maxHeaderSize: LARGEST_HEADERS, headers: { accept: '*/*' } };
    const request =
      url.protocol === 'https:'
        ? https.get(url, {
            ...common,
            agent: secure,
            ...(ca === undefined || url.origin !== caOrigin ? {} : { ca }),
          })
        : http.get(url, { ...common, agent: plain });
    try {
      const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
        request.once('response', resolve);
        request.on('error', reject);
      });
      refuseStatus(answer.statusCode ?? 0, url.href, answer.headers.location);
      // compression was not asked for, so a small answer cannot become a large one
      const encoding = answer.headers['content-encoding'] ?? 'identity';
      if (encoding !== 'identity')
        throw new Refusal(
          'COLLATERAL_FORMAT',
          `${url.href} answers compressed (${encoding.slice(0, 40)}), which was not asked for.`,
        );
      return { url: url.href, bytes: await readBody(answer, url.href), headers: answer.headers };
    } finally {
      request.destroy();
    }
  }

  return async (text) => {
    const url = new URL(text);
    const total = AbortSignal.timeout(totalMs);
    for (let left = tries, wait = pauseMs; ; wait *= 2) {
      const signal = AbortSignal.any([total, AbortSignal.timeout(timeoutMs)]);
      let refusal: Refusal;
      try {
        return await once(url, signal);
      } catch (error) {
        refusal = error instanceof Refusal ? error : explain(error, url.href, signal.aborted, proxy);
      }
      left -= 1;
      if (!(refusal instanceof Passing) || left <= 0 || total.aborted) throw refusal;
      await pause(wait, undefined, { signal: total }).catch(() => {
        throw refusal;
      });
    }
  };
}
