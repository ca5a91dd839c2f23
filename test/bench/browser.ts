import type { Bench } from './run.ts';
export async function browser({ note }: Bench): Promise<void> {
  note('being written');
}
