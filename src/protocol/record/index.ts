export * from './evidence.ts';
export * from './fold.ts';
export * from './kind.ts';
export * from './record.ts';
export * from './schema.ts';
export * from './view.ts';
