const b = await import(process.argv[2]);
import { randomBytes } from 'node:crypto';
for (const n of [32, 36, 5000, 1_000_000]) {
  const bytes = new Uint8Array(randomBytes(n));
  const hex=b.toHex(bytes), b64=b.toBase64(bytes), u=b.toBase64url(bytes), b32=b.toBase32(bytes);
  const row={n};
  for (const [name,f] of [['toHex',()=>b.toHex(bytes)],['fromHex',()=>b.fromHex(hex)],['toBase64',()=>b.toBase64(bytes)],['fromBase64',()=>b.fromBase64(b64)],['toUrl',()=>b.toBase64url(bytes)],['fromUrl',()=>b.fromBase64url(u)],['toB32',()=>b.toBase32(bytes)],['fromB32',()=>b.fromBase32(b32)]]) {
    const until=performance.now()+100; let k=0,s;
    for(;performance.now()<until;) f();
    s=performance.now(); const e=s+300; let x=0;
    while(performance.now()<e){ const s2=f(); x+=typeof s2==="string"?s2.charCodeAt(s2.length>>1):s2[0]; k++; }
    // force flattening
    const t=(performance.now()-s)/k;
    row[name]= n>=5000 ? `${(n/t/1000).toFixed(0)} MB/s` : `${(1/t).toFixed(0)} k/s`;
  }
  console.log(JSON.stringify(row));
}
