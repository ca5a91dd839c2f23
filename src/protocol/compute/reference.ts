/**
 * How an image is named: `host[:port]/repository@sha256:…`. Only a digest names bytes (coalition.md 5.4: a
 * workload is identified by its image hash); a tag names whatever its owner put there last, and is refused.
 */
import { Refusal } from '../bytes/index.ts';

export interface ImageReference {
  /** Registry host, with a port where one was written. */
  readonly host: string;
  /** Path of the repository on that host. */
  readonly repository: string;
  /** `sha256:` and 64 lower-case hex digits, as the person wrote it: of a manifest or of an index. */
  readonly digest: string;
}

const HOST = /^(?:localhost|(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*)$/;
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const MAX_LENGTH = 512;

/** True for `sha256:` followed by 64 lower-case hex digits: the only digests that name an image here. */
export const isDigest = (text: string): boolean => /^sha256:[0-9a-f]{64}$/.test(text);

/** Refuses whatever `isDigest` does not accept. Errors: `IMAGE_DIGEST`. */
export function readDigest(text: string): string {
  if (!isDigest(text))
    throw new Refusal('IMAGE_DIGEST', 'An image digest is "sha256:" followed by 64 lower-case hex digits.');
  return text;
}

/**
 * Reads an image reference. A tag beside a digest is dropped: the digest alone decides.
 * Errors: `IMAGE_REFERENCE` (not a reference, or no registry host), `IMAGE_NO_DIGEST` (a tag, or nothing,
 * where the digest must stand), `IMAGE_DIGEST` (a digest of another shape).
 */
export function readReference(text: string): ImageReference {
  const trimmed = text.trim();
  if (trimmed.length > MAX_LENGTH || !/^[\x21-\x7e]+$/.test(trimmed))
    throw new Refusal('IMAGE_REFERENCE', 'This is not an image reference.');
  const at = trimmed.indexOf('@');
  const name = at < 0 ? trimmed : trimmed.slice(0, at);
  const [host, path] = splitName(name);
  const [repository, tag] = splitTag(path);
  if (tag !== undefined && !TAG.test(tag))
    throw new Refusal('IMAGE_REFERENCE', 'The tag in the image reference has characters that no tag has.');
  if (repository.length > 255 || !repository.split('/').every((part) => COMPONENT.test(part)))
    throw new Refusal(
      'IMAGE_REFERENCE',
      'The repository in the image reference is not made of lower-case parts.',
    );
  if (at < 0)
    throw new Refusal(
      'IMAGE_NO_DIGEST',
      'An image is named by its digest here: add "@sha256:…". A tag can point to other bytes tomorrow.',
    );
  return { host, repository, digest: readDigest(trimmed.slice(at + 1)) };
}

/** The one spelling of a reference: without a tag. */
export const referenceText = (reference: ImageReference): string =>
  `${reference.host}/${reference.repository}@${reference.digest}`;

function splitName(name: string): [host: string, path: string] {
  const slash = name.indexOf('/');
  const host = slash < 0 ? '' : name.slice(0, slash);
  // a first part without a dot, a port or the name localhost belongs to the repository, as everywhere
  if (!/[.:]/.test(host) && host !== 'localhost')
    throw new Refusal(
      'IMAGE_REFERENCE',
      'Name the registry too: an image reference is host[:port]/repository@sha256:….',
    );
  const [machine = '', port, more] = host.split(':');
  const portFits = port === undefined || (/^[1-9][0-9]{0,4}$/.test(port) && Number(port) <= 65_535);
  if (more !== undefined || !HOST.test(machine) || !portFits)
    throw new Refusal(
      'IMAGE_REFERENCE',
      'The registry in the image reference is not a host name with a port.',
    );
  return [host, name.slice(slash + 1)];
}

function splitTag(path: string): [repository: string, tag: string | undefined] {
  const colon = path.lastIndexOf(':');
  return colon < 0 ? [path, undefined] : [path.slice(0, colon), path.slice(colon + 1)];
}
