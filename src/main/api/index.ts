/** The API: one router of the contract, behind three transports. */
export type { ApiContext, Session } from './base.ts';
export { openApiDocument } from './document.ts';
export { router } from './router.ts';
export * from './transports.ts';
