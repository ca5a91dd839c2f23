/**
 * The tour's own workload: an OCI image of one static program, assembled here so that the tour needs no registry
 * but its own. The program says a line and sleeps for a tenth of a second, forever. For linux/amd64.
 */
import { gzipSync } from 'node:zlib';
import { concat, toHex, utf8 } from '../../../../protocol/bytes/index.ts';
import { nodeHashes } from '../../../hashes.ts';

export interface TourImage {
  /** Digest of the manifest: `sha256:…`. */
  readonly digest: string;
  /** Every blob and the manifest, by digest. */
  readonly blobs: ReadonlyMap<string, { readonly type: string; readonly bytes: Uint8Array }>;
}

const LINE = 'muster tour: this line comes from inside the workload\n';
const LOAD_ADDRESS = 0x400000;
const HEADERS = 64 + 56;

/** A static ELF executable: headers, code, the line, the time to sleep. */
function program(): Uint8Array {
  const text = utf8(LINE);
  const u32 = (value: number): Uint8Array => {
    const out = new Uint8Array(4);
    new DataView(out.buffer).setUint32(0, value, true);
    return out;
  };
  const code = (line: number, pause: number): Uint8Array =>
    concat(
      new Uint8Array([0xb8]), // mov eax, 1 (write)
      u32(1),
      new Uint8Array([0xbf]), // mov edi, 1 (stdout)
      u32(1),
      new Uint8Array([0xbe]), // mov esi, address of the line
      u32(line),
      new Uint8Array([0xba]), // mov edx, its length
      u32(text.length),
      new Uint8Array([0x0f, 0x05]), // syscall
      new Uint8Array([0xb8]), // mov eax, 35 (nanosleep)
      u32(35),
      new Uint8Array([0xbf]), // mov edi, address of the time
      u32(pause),
      new Uint8Array([0x31, 0xf6, 0x0f, 0x05]), // xor esi, esi; syscall
      new Uint8Array([0xeb, 0xda]), // jmp to the start: 38 bytes back
    );
  const at = LOAD_ADDRESS + HEADERS;
  const length = code(0, 0).length;
  const body = concat(code(at + length, at + length + text.length), text, pauseOf(0, 100_000_000));
  const size = HEADERS + body.length;
  const header = new Uint8Array(HEADERS);
  const view = new DataView(header.buffer);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // ELF, 64 bit, little endian
  view.setUint16(16, 2, true); // executable
  view.setUint16(18, 0x3e, true); // x86-64
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(at), true); // entry
  view.setBigUint64(32, 64n, true); // program header
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true); // one segment to load
  view.setUint32(68, 5, true); // readable, executable
  view.setBigUint64(80, BigInt(LOAD_ADDRESS), true);
  view.setBigUint64(88, BigInt(LOAD_ADDRESS), true);
  view.setBigUint64(96, BigInt(size), true);
  view.setBigUint64(104, BigInt(size), true);
  view.setBigUint64(112, 0x1000n, true);
  return concat(header, body);
}

function pauseOf(seconds: number, nanoseconds: number): Uint8Array {
  const out = new Uint8Array(16);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(seconds), true);
  view.setBigUint64(8, BigInt(nanoseconds), true);
  return out;
}

/** A tar archive of one executable file (POSIX ustar). */
function archive(name: string, bytes: Uint8Array): Uint8Array {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000755\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\0', 257);
  header.write('00', 263);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = new Uint8Array((512 - (bytes.length % 512)) % 512);
  return concat(header, bytes, padding, new Uint8Array(1024));
}

const digestOf = (bytes: Uint8Array): string => `sha256:${toHex(nodeHashes.sha256(bytes))}`;
const json = (value: unknown): Uint8Array => utf8(JSON.stringify(value));

/** `minCpuMillicores` and `minRamMib` become the image's labels. */
export function tourImage(minCpuMillicores: number, minRamMib: number): TourImage {
  const layer = archive('tour', program());
  const packed = new Uint8Array(gzipSync(layer));
  const config = json({
    architecture: 'amd64',
    os: 'linux',
    config: {
      Entrypoint: ['/tour'],
      Labels: {
        'org.muster.min-cpu-millicores': String(minCpuMillicores),
        'org.muster.min-ram-mib': String(minRamMib),
        'org.muster.network': 'none',
      },
    },
    rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
  });
  const types = {
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
    manifest: 'application/vnd.oci.image.manifest.v1+json',
  };
  const manifest = json({
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, digest: digestOf(config), size: config.length },
    layers: [{ mediaType: types.layer, digest: digestOf(packed), size: packed.length }],
  });
  return {
    digest: digestOf(manifest),
    blobs: new Map([
      [digestOf(config), { type: types.config, bytes: config }],
      [digestOf(packed), { type: types.layer, bytes: packed }],
      [digestOf(manifest), { type: types.manifest, bytes: manifest }],
    ]),
  };
}
