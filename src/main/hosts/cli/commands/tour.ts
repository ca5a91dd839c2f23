/** placeholder */
import type { Command } from '../command.ts';
import { yes } from '../output.ts';

export const tourCommand: Command = {
  name: 'tour',
  usage: '',
  summary: '',
  examples: [],
  run: async () => yes({}, ''),
};
