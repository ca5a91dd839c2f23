/** What is not faked fails by name. A stand-in that answers `undefined` would let a bundle pass that cannot run. */
import { EventEmitter } from 'node:events';

/** Asked of any object by the language, by inspection or by assertion libraries; never part of Electron's API. */
const HARMLESS = new Set(['then', 'toJSON', 'domain', 'inspect', 'nodeType', '$$typeof', 'asymmetricMatch']);

/** A module of functions whose other members throw. */
export function loud<T extends object>(name: string, members: T): T {
  return new Proxy(members, {
    get(target, property, receiver) {
      if (property in target || typeof property === 'symbol' || HARMLESS.has(property))
        return Reflect.get(target, property, receiver) as unknown;
      throw new Error(`electron.${name}.${property} is not faked`);
    },
  });
}

const wall = new Proxy(Object.prototype, {
  get(target, property, receiver: object) {
    if (property in target || typeof property === 'symbol' || HARMLESS.has(property))
      return Reflect.get(target, property, receiver) as unknown;
    throw new Error(`electron: ${receiver.constructor.name}.${property} is not faked`);
  },
});

/**
 * EventEmitter with another end to its chain of prototypes: a wall, so that private members of the faked classes
 * work as usual and yet no missing member is overlooked.
 */
const WalledEmitter = function (this: EventEmitter) {
  EventEmitter.call(this);
} as unknown as new () => EventEmitter;
WalledEmitter.prototype = Object.create(
  wall,
  Object.getOwnPropertyDescriptors(EventEmitter.prototype),
) as EventEmitter;

/** An emitter that refuses listeners of events it never emits. */
export class Faked extends WalledEmitter {
  readonly #events: ReadonlySet<string>;

  constructor(events: readonly string[]) {
    super();
    this.#events = new Set(events);
    for (const method of ['on', 'once', 'addListener', 'prependListener'] as const) {
      const inherited = EventEmitter.prototype[method];
      Object.defineProperty(this, method, {
        value: (event: string, listener: (...args: never[]) => void): this => {
          if (!this.#events.has(event))
            throw new Error(`electron: event '${event}' of ${this.constructor.name} is not faked`);
          inherited.call(this, event, listener as (...args: unknown[]) => void);
          return this;
        },
      });
    }
  }
}

/** An event whose default can be prevented, with further members. */
export function preventable<T extends object>(
  members: T,
): T & { preventDefault(): void; defaultPrevented: boolean } {
  const event = {
    ...members,
    defaultPrevented: false,
    preventDefault() {
      event.defaultPrevented = true;
    },
  };
  return event;
}
