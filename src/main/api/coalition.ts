import { os } from './base.ts';

export const coalition = {
  get: os.coalition.get.handler(async ({ context }) => ({
    current: await context.node.coalitions.current(),
  })),
  preview: os.coalition.preview.handler(({ context, input }) => context.node.coalitions.preview(input.file)),
  create: os.coalition.create.handler(({ context, input }) => context.node.coalitions.create(input)),
  import: os.coalition.import.handler(({ context, input }) => context.node.coalitions.join(input.file)),
  export: os.coalition.export.handler(({ context }) => context.node.coalitions.export()),
};
