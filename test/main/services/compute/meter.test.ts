/** Usage adds up, whatever happens between two samples. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMeter, newMeterState } from '../../../../src/main/services/compute/index.ts';
import type { MeterState, StatsSample } from '../../../../src/main/services/compute/index.ts';

const MIB = 1024 * 1024;
const sample = (at: number, more: Partial<StatsSample> = {}): StatsSample => ({
  at,
  cpuMillicores: 0,
  cpuNs: 0,
  memoryBytes: 0,
  rxBytes: 0,
  txBytes: 0,
  pids: 1,
  ...more,
});

describe('a usage meter', () => {
  it('takes CPU and network from the engine’s own counters, memory as the area under the samples', () => {
    const meter = createMeter(newMeterState(0));
    meter.add(sample(1000, { cpuNs: 500_000_000, memoryBytes: 64 * MIB, rxBytes: 10, txBytes: 1 }));
    meter.add(sample(2000, { cpuNs: 900_000_000, memoryBytes: 128 * MIB, rxBytes: 30, txBytes: 1 }));
    expect(meter.total()).toEqual({ cpuMs: 900, ramMibSec: 64 + 96, rxBytes: 30, txBytes: 1 });
  });

  it('reports each stretch once, and the reports add up to the total', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            gap: fc.integer({ min: 1, max: 60_000 }),
            cpu: fc.integer({ min: 0, max: 10 ** 10 }),
            ram: fc.integer({ min: 0, max: 64 * 1024 * MIB }),
            rx: fc.nat(),
            report: fc.boolean(),
            restart: fc.boolean(),
          }),
          { minLength: 1 },
        ),
        (steps) => {
          let meter = createMeter(newMeterState(1000));
          let [at, cpuNs, rxBytes] = [1000, 0, 0];
          const sum = { cpuMs: 0, ramMibSec: 0, rxBytes: 0, txBytes: 0 };
          let until = 1000;
          const report = (): void => {
            const told = meter.take();
            if (told === null) return;
            expect(told.from).toBe(until);
            until = told.to;
            for (const key of ['cpuMs', 'ramMibSec', 'rxBytes', 'txBytes'] as const) {
              expect(Number.isSafeInteger(told[key]) && told[key] >= 0).toBe(true);
              sum[key] += told[key];
            }
          };
          for (const step of steps) {
            at += step.gap;
            cpuNs += step.cpu;
            rxBytes += step.rx;
            meter.add(sample(at, { cpuNs, rxBytes, memoryBytes: step.ram }));
            if (step.report) report();
            // a restart: the state goes through JSON, and nothing else survives
            if (step.restart) meter = createMeter(JSON.parse(JSON.stringify(meter.state())) as MeterState);
          }
          report();
          expect(until).toBe(at);
          expect(sum).toEqual(meter.total());
          expect(sum.cpuMs).toBe(Math.floor(cpuNs / 1_000_000));
          expect(meter.take()).toBeNull();
        },
      ),
    );
  });

  it('passes over samples that are not newer, and counters that run backwards', () => {
    const meter = createMeter(newMeterState(0));
    meter.add(sample(1000, { cpuNs: 5_000_000, memoryBytes: MIB }));
    const before = meter.total();
    meter.add(sample(1000, { cpuNs: 9_000_000, memoryBytes: 99 * MIB }));
    meter.add(sample(900, { cpuNs: 9_000_000 }));
    expect(meter.total()).toEqual(before);
    meter.add(sample(2000, { cpuNs: 4_000_000, memoryBytes: MIB }));
    expect(meter.total()).toEqual({ ...before, ramMibSec: 2 });
  });

  it('tells the time before the end that nobody measured', () => {
    const meter = createMeter(newMeterState(1000));
    expect(meter.unmeasuredMs(4000)).toBe(3000);
    meter.add(sample(3500));
    expect(meter.unmeasuredMs(4000)).toBe(500);
    expect(meter.unmeasuredMs(3000)).toBe(0);
  });
});
