/** What only a desktop has: dialogs, tray, menus, displays. Recorded; a test answers, clicks and looks. */
import { writeSync } from 'node:fs';
import { Faked, loud } from './loud.ts';
import { options, record } from './runtime.ts';

interface BoxOptions {
  readonly message: string;
  readonly buttons?: readonly string[];
  readonly cancelId?: number;
  readonly signal?: AbortSignal;
}
interface OpenBox {
  readonly box: BoxOptions;
  answer(response: number): void;
}

/** Boxes that wait for a person, oldest first. */
const openBoxes: OpenBox[] = [];

export const dialog = loud('dialog', {
  showMessageBox(...args: [unknown, BoxOptions] | [BoxOptions]): Promise<{ response: number }> {
    const box = (args.length === 2 ? args[1] : args[0]) satisfies BoxOptions;
    const { signal, ...shown } = box;
    record('dialog.showMessageBox', shown);
    return new Promise((resolve) => {
      const open: OpenBox = {
        box,
        answer(response) {
          openBoxes.splice(openBoxes.indexOf(open), 1);
          resolve({ response });
        },
      };
      openBoxes.push(open);
      signal?.addEventListener('abort', () => openBoxes.includes(open) && open.answer(box.cancelId ?? 0));
    });
  },
  showErrorBox(title: string, content: string): void {
    record('dialog.showErrorBox', title, content);
    // the box is often the last that an application does; a test reads it after its end
    writeSync(2, `[error box] ${title}\n${content}\n`);
  },
});

/** For a test: presses a button of the oldest box that has it. */
export function pressButton(label: string): void {
  const open = openBoxes.find(({ box }) => box.buttons?.includes(label) === true);
  if (open === undefined) throw new Error(`no open message box has a button '${label}'`);
  open.answer(open.box.buttons?.indexOf(label) ?? 0);
}
export const openMessages = (): string[] => openBoxes.map(({ box }) => box.message);

interface Item {
  readonly label?: string;
  readonly role?: string;
  readonly type?: string;
  readonly submenu?: readonly Item[];
  readonly click?: () => void;
}

class FakeMenu {
  static application: FakeMenu | null = null;
  readonly items: readonly Item[];
  constructor(items: readonly Item[]) {
    this.items = items;
  }
}
export const Menu = loud('Menu', {
  buildFromTemplate: (items: readonly Item[]): FakeMenu => new FakeMenu(items),
  setApplicationMenu(menu: FakeMenu | null): void {
    FakeMenu.application = menu;
  },
});

interface FakeImage {
  readonly width: number;
  readonly height: number;
}
export const nativeImage = loud('nativeImage', {
  createFromBitmap(pixels: Buffer, { width, height }: FakeImage): FakeImage {
    if (pixels.length !== width * height * 4) throw new Error('nativeImage: the bitmap has another size');
    return loud('NativeImage', { width, height });
  },
});

let tray: Tray | null = null;
function hang(one: Tray): void {
  tray = one;
}
export class Tray extends Faked {
  #menu: FakeMenu | null = null;
  #toolTip = '';
  constructor(_image: FakeImage) {
    super(['click']);
    hang(this);
  }
  setImage(_image: FakeImage): void {}
  setToolTip(text: string): void {
    this.#toolTip = text;
  }
  setContextMenu(menu: FakeMenu): void {
    this.#menu = menu;
  }
  destroy(): void {
    tray = null;
  }
  /** For a test. */
  look(): { toolTip: string; items: readonly Item[] } {
    return { toolTip: this.#toolTip, items: this.#menu?.items ?? [] };
  }
}

/** For a test: what the tray shows; null when there is none. */
export function lookAtTray(): { toolTip: string; labels: string[] } | null {
  if (tray === null) return null;
  const { toolTip, items } = tray.look();
  return { toolTip, labels: items.flatMap(({ label }) => (label === undefined ? [] : [label])) };
}
export function clickTray(label: string): void {
  choose(tray?.look().items ?? [], label);
}
export function clickMenu(label: string): void {
  choose(FakeMenu.application?.items ?? [], label);
}
export const menuRoles = (): string[] =>
  allItems(FakeMenu.application?.items ?? []).flatMap(({ role }) => (role === undefined ? [] : [role]));

const allItems = (items: readonly Item[]): Item[] =>
  items.flatMap((item) => [item, ...allItems(item.submenu ?? [])]);

function choose(items: readonly Item[], label: string): void {
  const item = allItems(items).find((one) => one.label === label);
  if (item?.click === undefined) throw new Error(`no item '${label}' that can be clicked`);
  item.click();
}

const displays = options.displays?.map((workArea, id) => ({ id, bounds: workArea, workArea })) ?? [];
export const screen = loud('screen', {
  getAllDisplays: () => displays,
  getPrimaryDisplay: () => displays[0],
});

class PowerMonitor extends Faked {
  constructor() {
    super(['suspend', 'resume']);
  }
}
export const powerMonitor = new PowerMonitor();

export const shell = loud('shell', {
  async openPath(path: string): Promise<string> {
    record('shell.openPath', path);
    return '';
  },
});
