/** Tells what kind of id a person typed or pasted, so that one box finds anything. Pure. */
export type Recognised =
  | { readonly kind: 'index'; readonly index: number }
  /** 64 hex digits: a peer, a machine, a ticket, a workload or a coalition. */
  | { readonly kind: 'hex'; readonly id: string }
  | { readonly kind: 'cid'; readonly id: string }
  | { readonly kind: 'peer'; readonly id: string }
  | { readonly kind: 'digest'; readonly digest: string };

export function recognise(input: string): Recognised | null {
  const text = input.trim();
  const index = /^#?(\d{1,3}(?:[ ,\u2009\u202f\u00a0]\d{3})+|\d{1,15})$/.exec(text)?.[1];
  if (index !== undefined) return { kind: 'index', index: Number(index.replaceAll(/\D/g, '')) };
  const digest = /^(?:\S+@)?(sha256:[0-9a-f]{64})$/.exec(text)?.[1];
  if (digest !== undefined) return { kind: 'digest', digest };
  if (/^[0-9a-fA-F]{64}$/.test(text)) return { kind: 'hex', id: text.toLowerCase() };
  if (/^bafyrei[a-z2-7]{52}$/.test(text)) return { kind: 'cid', id: text };
  if (/^12D3Koo[1-9A-HJ-NP-Za-km-z]{45}$/.test(text)) return { kind: 'peer', id: text };
  return null;
}
