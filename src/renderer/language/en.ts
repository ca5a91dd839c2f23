/** Every English word of the interface, by area. Plain verbs, sentence case, no exclamation marks. */
import { attestation } from './en/attestation.ts';
import { chronicle } from './en/chronicle.ts';
import { compute } from './en/compute.ts';
import { machines } from './en/machines.ts';
import { network } from './en/network.ts';
import { onboarding } from './en/onboarding.ts';
import { parts } from './en/parts.ts';
import { settings } from './en/settings.ts';
import { shell } from './en/shell.ts';
import { tickets } from './en/tickets.ts';

export const en = {
  ...parts,
  ...shell,
  ...onboarding,
  ...machines,
  ...attestation,
  ...tickets,
  ...compute,
  ...chronicle,
  ...network,
  ...settings,
} as const;
