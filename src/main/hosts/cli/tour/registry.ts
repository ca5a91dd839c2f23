/** A read-only registry on loopback with the tour's images: what an engine needs to pull by digest, and no more. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TourImage } from './image.ts';

export interface TourRegistry {
  /** `127.0.0.1:port/tour@sha256:…` */
  reference(image: TourImage): string;
  close(): Promise<void>;
}

export async function serveImages(images: readonly TourImage[]): Promise<TourRegistry> {
  const blobs = new Map(images.flatMap((image) => [...image.blobs]));
  const server = createServer((request, response) => {
    const path = /^\/v2\/tour\/(?:manifests|blobs)\/(sha256:[0-9a-f]{64})$/.exec(request.url ?? '');
    const blob = blobs.get(path?.[1] ?? '');
    if (request.url === '/v2/') return response.end('{}');
    if (blob === undefined) {
      response.statusCode = 404;
      return response.end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
    }
    response.setHeader('content-type', blob.type);
    response.setHeader('docker-content-digest', path?.[1] ?? '');
    response.setHeader('content-length', blob.bytes.length);
    return response.end(request.method === 'HEAD' ? undefined : blob.bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    reference: (image) => `127.0.0.1:${port}/tour@${image.digest}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
