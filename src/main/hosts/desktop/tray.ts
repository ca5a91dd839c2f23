/** The tray: how the node is, the window back, and the end. It follows the events like any other face. */
import { Menu, nativeImage, Tray } from 'electron';
import type { NativeImage } from 'electron';
import type { Status } from '../../../contract/index.ts';
import type { Events } from '../../services/events/index.ts';
import { drawMark } from './icon.ts';
import { words } from './words.ts';

export interface TrayActions {
  readonly open: () => void;
  readonly quit: () => void;
}

export function markImage(size: number, troubled: boolean): NativeImage {
  const mark = drawMark(size, troubled);
  return nativeImage.createFromBitmap(mark.pixels, { width: size, height: size });
}

/** Shows the tray until `signal` aborts. */
export function startTray(events: Events, { open, quit }: TrayActions, signal: AbortSignal): void {
  const images = { well: markImage(22, false), troubled: markImage(22, true) };
  const tray = new Tray(images.well);
  let shown = '';
  const show = (status: Status): void => {
    const state = words.state(status);
    // events also tell of things that are not shown here
    if (state === shown) return;
    shown = state;
    tray.setImage(status.problems === 0 ? images.well : images.troubled);
    tray.setToolTip(`${words.name}: ${state}`);
    tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: state, enabled: false },
        { type: 'separator' },
        { label: words.open, click: open },
        { label: words.quit, click: quit },
      ]),
    );
  };
  tray.on('click', open);
  show(events.status());
  signal.addEventListener('abort', () => tray.destroy(), { once: true });
  void (async () => {
    for await (const { event } of events.watch(undefined, signal)) if (!signal.aborted) show(event.status);
  })();
}
