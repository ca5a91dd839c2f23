/** Line icons on a 16 px grid, drawn here; always beside a word or a name, never alone. */
const paths = {
  home: 'M2.5 7.5 8 3l5.5 4.5V13h-4V9.5h-3V13h-4z',
  machines: 'M2.5 3.5h11v3.6h-11zM2.5 8.9h11v3.6h-11zM5 5.3h.01M5 10.7h.01M8 5.3h3M8 10.7h3',
  compute: 'M8 2.2 13.2 5v6L8 13.8 2.8 11V5zM2.8 5 8 7.9 13.2 5M8 7.9v5.9',
  tickets:
    'M2.5 4.5h11v2.2a1.3 1.3 0 0 0 0 2.6v2.2h-11V9.3a1.3 1.3 0 0 0 0-2.6zM9.5 5v1.2M9.5 7.4v1.2M9.5 9.8V11',
  chronicle: 'M4.5 2.5v11M4.5 4.5h8M4.5 8h6M4.5 11.5h8M3 4.5h3M3 8h3M3 11.5h3',
  network:
    'M8 6.4a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2zM6.8 6.9 4.5 5M9.2 6.9l2.3-1.9M8 9.6v2.2M3.5 3.2a1 1 0 1 0 0 2 1 1 0 0 0 0-2zM12.5 3.2a1 1 0 1 0 0 2 1 1 0 0 0 0-2zM8 11.8a1 1 0 1 0 0 2 1 1 0 0 0 0-2z',
  settings: 'M3 4.5h6.5M12 4.5h1M3 11.5h1.5M7 11.5h6M9.5 3v3M4.5 10v3M3 8h3.5M9 8h4M6.5 6.5v3',
  search: 'M7 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM10 10l3.2 3.2',
  theme: 'M8 2.8a5.2 5.2 0 1 0 0 10.4zM8 2.8a5.2 5.2 0 0 1 0 10.4',
  help: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM6.4 6.4a1.6 1.6 0 1 1 2.3 1.5c-.5.3-.7.6-.7 1.1M8 11h.01',
  copy: 'M5.5 5.5h7v7h-7zM3.5 10.5v-7h7',
  check: 'm3.5 8.5 3 3 6-7',
  close: 'm4 4 8 8M12 4l-8 8',
  more: 'M4 8h.01M8 8h.01M12 8h.01',
  down: 'm4 6 4 4 4-4',
  right: 'm6 4 4 4-4 4',
  up: 'm4 10 4-4 4 4',
  plus: 'M8 3.5v9M3.5 8h9',
  stop: 'M4.5 4.5h7v7h-7z',
  retry: 'M12.5 8a4.5 4.5 0 1 1-1.4-3.3M12.5 2.5v2.7H9.8',
  download: 'M8 3v7M5 7.5 8 10.5l3-3M3.5 13h9',
  file: 'M4 2.5h5l3 3v8H4zM9 2.5v3h3',
  paste: 'M5.5 3.5H4v10h8v-10h-1.5M6 2.5h4v2H6z',
  link: 'M6.5 9.5 9.5 6.5M7 5l1.5-1.5a2.5 2.5 0 0 1 3.5 3.5L10.5 8.5M9 11l-1.5 1.5A2.5 2.5 0 0 1 4 9l1.5-1.5',
  lock: 'M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5',
  pin: 'M8 9.5V14M5 9.5h6M6 9.5 6.5 3h3L10 9.5M5.5 2.5h5',
  wrap: 'M3 4h10M3 8h8.5a2 2 0 0 1 0 4H8M9.5 10.2 7.7 12l1.8 1.8M3 12h2',
  follow: 'M8 2.5v8M4.5 7.5 8 11l3.5-3.5M3.5 13.5h9',
  task: 'M8 2.5a5.5 5.5 0 1 0 5.5 5.5M8 5v3l2 1.5',
  warning: 'M8 2.8 14 13H2zM8 6.5v3M8 11.3h.01',
  collapse: 'M10 4 6 8l4 4',
} as const;
export type IconName = keyof typeof paths;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === 'more' ? 2 : 1.3}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}
