/** A live series: uPlot on a canvas, the newest value in words beside it for those who do not see it. */
import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
// oxlint-disable-next-line import/no-unassigned-import -- a style file
import 'uplot/dist/uPlot.min.css';
import { clock } from '../format.ts';
import styles from './Plot.module.css';

interface Props {
  title: string;
  /** Unix milliseconds. */
  times: readonly number[];
  values: readonly number[];
  /** Says a value with its unit. */
  say: (value: number) => string;
  /** Says a value at the axis, without its unit. */
  tick: (value: number) => string;
  /** A line drawn across: the limit. */
  limit?: number | null;
  height?: number;
}

export function Plot(props: Props) {
  const theme = useThemeKey();
  const { title, values, say, limit = null } = props;
  const last = values.at(-1);
  return (
    <figure className={styles.plot}>
      <figcaption className={styles.caption}>
        <span>{title}</span>
        <span className={styles.value}>
          {last === undefined ? '–' : say(last)}
          {limit === null ? '' : ` / ${say(limit)}`}
        </span>
      </figcaption>
      {/* a canvas does not follow the theme: it is made anew */}
      <Canvas key={theme} {...props} />
    </figure>
  );
}

function Canvas({ times, values, tick, limit = null, height = 120 }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const speak = useRef(tick);
  useEffect(() => {
    speak.current = tick;
  }, [tick]);

  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    // canvas knows no style files: it is told the colours that the theme resolves to
    const colour = (name: string): string => {
      const probe = document.createElement('span');
      probe.style.color = `var(${name})`;
      element.append(probe);
      const resolved = getComputedStyle(probe).color;
      probe.remove();
      return resolved;
    };
    const axis = {
      stroke: colour('--text-3'),
      grid: { stroke: colour('--line'), width: 1 },
      ticks: { show: false },
      font: `11px ${getComputedStyle(element).fontFamily}`,
    };
    const made = new uPlot(
      {
        width: element.clientWidth,
        height,
        legend: { show: false },
        cursor: { y: false, points: { size: 6 } },
        padding: [8, 8, 0, 0],
        scales: { x: { time: true }, y: { range: (_u, _min, max) => [0, Math.max(max, 0.001) * 1.1] } },
        axes: [
          {
            ...axis,
            size: 24,
            space: 88,
            values: (_u, seconds) => seconds.map((one) => clock(one * 1000).slice(0, 8)),
          },
          { ...axis, size: 48, space: 28, values: (_u, marks) => marks.map((one) => speak.current(one)) },
        ],
        series: [
          {},
          { stroke: colour('--accent'), width: 1.5, fill: colour('--accent-soft'), points: { show: false } },
          { stroke: colour('--stale'), width: 1, dash: [4, 4], points: { show: false } },
        ],
      },
      [[], [], []],
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [height]);

  useEffect(() => {
    plot.current?.setData([times.map((at) => at / 1000), [...values], times.map(() => limit)]);
  }, [times, values, limit]);

  return <div ref={box} className={styles.canvas} aria-hidden="true" />;
}

const themeKey = (): string =>
  `${document.documentElement.dataset['theme'] ?? ''} ${matchMedia('(prefers-color-scheme: dark)').matches}`;

/** Changes whenever the colours do. */
function useThemeKey(): string {
  const [key, setKey] = useState(themeKey);
  useEffect(() => {
    const update = (): void => setKey(themeKey());
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const observer = new MutationObserver(update);
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    dark.addEventListener('change', update);
    return () => {
      observer.disconnect();
      dark.removeEventListener('change', update);
    };
  }, []);
  return key;
}
