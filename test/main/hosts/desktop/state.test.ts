import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fitBounds, readWindowState, writeWindowState } from '../../../../src/main/hosts/desktop/state.ts';
import { scratch } from '../../../scratch.ts';

const laptop = { x: 0, y: 0, width: 1920, height: 1040 };
const beside = { x: 1920, y: -200, width: 2560, height: 1400 };
const fresh = { bounds: null, maximised: false, told: false };

describe('the state of the window', () => {
  it('is read as it was written, from a file for its owner only', () => {
    const path = join(scratch(), 'window.json');
    const state = { bounds: { x: -5, y: 7, width: 1000, height: 700 }, maximised: true, told: true };
    writeWindowState(path, state);
    expect(readWindowState(path)).toEqual(state);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['is not there', null],
    ['is no JSON', '{ "v": 1, '],
    ['is of another version', '{"v":2,"bounds":null,"maximised":false,"told":true}'],
    [
      'has absurd numbers',
      '{"v":1,"bounds":{"x":1e300,"y":0,"width":1,"height":1},"maximised":true,"told":true}',
    ],
    ['has no size', '{"v":1,"bounds":{"x":0,"y":0,"width":0,"height":0},"maximised":true,"told":true}'],
  ])('is that of a first start where the file %s', (_what, text) => {
    const path = join(scratch(), 'window.json');
    if (text !== null) writeFileSync(path, text);
    expect(readWindowState(path)).toEqual(fresh);
    if (text !== null) expect(readFileSync(path, 'utf8')).toBe(text);
  });
});

describe('where a window opens', () => {
  it('has no place of its own at a first start, and fits the display', () => {
    expect(fitBounds(null, [laptop])).toEqual({ width: 1360, height: 880 });
    expect(fitBounds(null, [{ x: 0, y: 0, width: 1280, height: 700 }])).toEqual({ width: 1280, height: 700 });
    expect(fitBounds(null, [])).toEqual({ width: 1360, height: 880 });
  });

  it('is where it was, on whichever display', () => {
    const here = { x: 100, y: 50, width: 1000, height: 700 };
    const there = { x: 2000, y: -150, width: 1000, height: 700 };
    expect(fitBounds(here, [laptop, beside])).toEqual(here);
    expect(fitBounds(there, [laptop, beside])).toEqual(there);
  });

  it('is the middle of the first display when its own is gone', () => {
    expect(fitBounds({ x: 2000, y: 0, width: 1000, height: 700 }, [laptop])).toEqual({
      width: 1000,
      height: 700,
    });
  });

  it('is never where it cannot be taken hold of', () => {
    for (const [x, y] of [
      [-990, 100],
      [1900, 100],
      [100, -500],
      [100, 1030],
    ] as const)
      expect(fitBounds({ x, y, width: 1000, height: 700 }, [laptop])).toEqual({ width: 1000, height: 700 });
  });

  it('leaves a window half out of the display where it was, and pulls back its top edge', () => {
    expect(fitBounds({ x: -500, y: 100, width: 1000, height: 700 }, [laptop])).toMatchObject({ x: -500 });
    expect(fitBounds({ x: 100, y: -40, width: 1000, height: 700 }, [laptop])).toMatchObject({ x: 100, y: 0 });
  });

  it('is no larger than the display', () => {
    expect(fitBounds({ x: 0, y: 0, width: 4000, height: 3000 }, [laptop])).toEqual(laptop);
  });
});
