/** `muster tour` */
import type { Command } from '../command.ts';
import { readInput, text, time } from '../input.ts';
import { no, yes } from '../output.ts';
import { runTour, TourError } from '../tour/tour.ts';

export const tourCommand: Command = {
  name: 'tour',
  usage: '',
  summary: 'Walk the whole main job against a real node in a fresh folder; say what is seen.',
  options: {
    quote: {
      type: 'string',
      value: 'FILE',
      help: 'register with this quote (default: the guest, if this is a TD)',
    },
    collateral: { type: 'string', value: 'FILE', help: 'its collateral' },
    at: { type: 'string', value: 'TIME', help: 'moment to judge the quote for (default: now)' },
    image: { type: 'string', value: 'REF', help: "workload to run instead of the tour's own" },
  },
  examples: [
    'muster tour',
    'muster tour --quote quote.bin --collateral collateral.json --at 2026-07-04T09:41:17Z',
  ],
  async run(invocation) {
    const file = (name: string, max: number) => {
      const path = text(invocation, name);
      return path === undefined ? undefined : readInput(path, max);
    };
    const at = text(invocation, 'at');
    try {
      const { steps } = await runTour({
        quote: file('quote', 1024 * 1024),
        collateral: file('collateral', 4 * 1024 * 1024),
        at: at === undefined ? undefined : time(at) * 1000,
        image: text(invocation, 'image'),
        say: invocation.json ? invocation.say : (line) => invocation.print(`${line}\n`),
        signal: invocation.signal,
      });
      return yes({ ok: true, steps }, 'The tour is over; everything was as it should be.');
    } catch (error) {
      if (error instanceof TourError) return no({ ok: false, error: error.message }, error.message);
      throw error;
    }
  },
};
