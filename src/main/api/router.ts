/** The router: the contract, implemented. Hosts put it behind their transports. */
import { attestation } from './attestation.ts';
import { os } from './base.ts';
import { chronicle } from './chronicle.ts';
import { coalition } from './coalition.ts';
import { compute } from './compute.ts';
import { events } from './events.ts';
import { identity } from './identity.ts';
import { machines } from './machines.ts';
import { network } from './network.ts';
import { operations } from './operations.ts';
import { settings } from './settings.ts';
import { tickets } from './tickets.ts';

export const router = os.router({
  identity,
  coalition,
  machines,
  attestation,
  tickets,
  compute,
  chronicle,
  network,
  operations,
  settings,
  events,
});
