export { securityHeaders, CONTENT_SECURITY_POLICY } from './headers.ts';
export { runConsole } from './run.ts';
export type { Running, RunOptions } from './run.ts';
export { startConsole } from './server.ts';
export type { Console, ConsoleOptions } from './server.ts';
