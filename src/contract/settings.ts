/** Settings of this node and its interface, what it is made of, and pairing. */
import { z } from 'zod';
import { command, query } from './base.ts';
import { problem } from './problem.ts';
import { scope } from './scopes.ts';
import { millis } from './shapes.ts';

export const settingsShape = z.object({
  /** Engine endpoint: unix:///path, tcp://host:port or ssh://user@host. */
  engine: z.string().max(512),
  /** For tcp:// beyond this machine: folder with ca.pem, cert.pem and key.pem. */
  engineCertificates: z.string().max(4096),
  /** For ssh://: fingerprint of the host's key, `SHA256:…`. */
  engineHostKey: z.string().max(128),
  /** Registries (host:port) that may be spoken to without TLS, beside loopback ones. */
  insecureRegistries: z.array(z.string().max(256)).max(32),
  /** Collateral service, Intel's or a PCCS. */
  collateralService: z.string().max(2048),
  /** HTTP proxy for it, `http://host:port`; empty: none. */
  collateralProxy: z.string().max(2048),
  /** How long one answer of it may take, seconds; with retries three times as long. */
  collateralSeconds: z.number().int().min(1).max(120),
  /** PEM file of the CA that a PCCS has its own certificate from; empty: the system's. */
  collateralCa: z.string().max(4096),
  /** `early` takes a new TCB recovery before Intel makes it the standard. */
  collateralUpdate: z.enum(['standard', 'early']),
  /** Program that brings quotes where the kernel does not (docs/guest-quotes.md); empty: none. */
  quoteHelper: z.string().max(4096),
  /** Every machine with evidence is challenged after so many hours; 0: only on demand. */
  challengeHours: z.number().int().min(0).max(720),
  /** How long an answer may take. */
  challengeMinutes: z.number().int().min(1).max(10_080),
  /** Collateral that ends within so many days raises an alarm. */
  alarmDays: z.number().int().min(1).max(60),
  /** Take part in the network. Off until a person turns it on: it opens a port to others. */
  network: z.boolean(),
  /** Multiaddr to listen on, `/ip4/0.0.0.0/tcp/4001`; empty: dial only. */
  networkListen: z.string().max(256),
  /** Nodes to begin with: multiaddrs that end in `/p2p/12D3Koo…`. */
  networkBootstrap: z.array(z.string().max(512)).max(32),
  /** Look for nodes on the local network, and be found there. */
  networkLocal: z.boolean(),
  /** Carry connections of others to nodes that nobody can reach. */
  networkRelay: z.boolean(),
  /** Show others a fresh quote of this machine, bound to this node's key, while the network is open. */
  networkQuote: z.boolean(),
  theme: z.enum(['system', 'light', 'dark', 'contrast']),
  language: z.enum(['en', 'pseudo']),
  lens: z.enum(['operator', 'mediator', 'auditor']),
  density: z.enum(['normal', 'compact']),
});
export type Settings = z.infer<typeof settingsShape>;

export const defaultSettings: Settings = {
  engine: 'unix:///var/run/docker.sock',
  engineCertificates: '',
  engineHostKey: '',
  insecureRegistries: [],
  collateralService: 'https://api.trustedservices.intel.com',
  collateralProxy: '',
  collateralSeconds: 10,
  collateralCa: '',
  collateralUpdate: 'standard',
  quoteHelper: '',
  challengeHours: 0,
  challengeMinutes: 60,
  alarmDays: 7,
  network: false,
  networkListen: '/ip4/0.0.0.0/tcp/4001',
  networkBootstrap: [],
  networkLocal: false,
  networkRelay: false,
  networkQuote: false,
  theme: 'system',
  language: 'en',
  lens: 'operator',
  density: 'normal',
};

export const about = z.object({
  version: z.string(),
  /** Major of this contract: faces refuse to work across majors. */
  contract: z.number().int(),
  host: z.enum(['desktop', 'console', 'cli', 'test']),
  /** Things this host can do beyond the contract; a missing one hides the control. */
  capabilities: z.array(z.string()),
  runtime: z.string(),
  dataFolder: z.string(),
  startedAt: millis,
  /** The caller's own session. */
  session: z.object({ scopes: z.array(scope), door: z.string() }),
  /** Standing problems of the node, most serious first. */
  problems: z.array(problem),
});
export type About = z.infer<typeof about>;

export const settings = {
  get: query('view').output(settingsShape),
  set: command('operate').input(settingsShape.partial()).output(settingsShape),
  about: query('view').output(about),
  /** A new one-time pairing link for the console. */
  pair: command('admin')
    .input(z.object({ scopes: z.array(scope).min(1).default(['admin']) }))
    .output(z.object({ url: z.string(), expires: millis })),
};
