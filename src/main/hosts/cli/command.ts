/** What a command is: its words, its options, its help, and what it does. One table (commands.ts) lists them all. */
import type { Client } from '../../api/index.ts';
import type { Answer } from './output.ts';

export interface Option {
  readonly type: 'string' | 'boolean';
  /** What stands for the value in the help, `FILE`. */
  readonly value?: string;
  readonly help: string;
}

export interface Invocation {
  readonly folder: string;
  readonly json: boolean;
  /** Positional arguments after the command's words. */
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  /** Words for a person about the way there; stderr. */
  say(text: string): void;
  /** Writes to stdout at once: for streams of lines. */
  print(text: string): void;
  /** Connects to the running node. Errors: `NODE_NOT_RUNNING`. */
  connect(): Promise<Connection>;
  /** Ends a command that runs until it is stopped. */
  readonly signal: AbortSignal;
}

export interface Connection {
  readonly client: Client;
  close(): void;
}

export interface Command {
  /** `chronicle verify` */
  readonly name: string;
  /** Positional arguments in the help, `FILE`. */
  readonly usage: string;
  readonly summary: string;
  readonly options?: Readonly<Record<string, Option>>;
  readonly examples: readonly string[];
  run(invocation: Invocation): Promise<Answer>;
}
